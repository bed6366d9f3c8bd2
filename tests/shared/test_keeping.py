"""What comes again and again is made once; memory is bounded by bytes, not only by entries."""

from __future__ import annotations

from shared.keeping import Kept


def test_made_once() -> None:
    """The second time it is there."""
    made: list[str] = []

    def make(key: str) -> str:
        made.append(key)
        return key.upper()

    kept = Kept(make, most=2, length=len)
    assert [kept["a"], kept["a"]] == ["A", "A"]
    assert made == ["a"]


def test_no_more_than_so_many() -> None:
    """It starts anew, and what was forgotten is made again."""
    kept = Kept(str.upper, most=2, length=len)
    assert [kept[key] for key in "abcab"] == [*"ABCAB"]
    assert len(kept) <= 2


def test_a_long_value_is_not_kept() -> None:
    """It is answered like others."""
    kept = Kept(str.upper, most=2, length=len)
    assert kept["a" * 1001] == "A" * 1001
    assert not kept
