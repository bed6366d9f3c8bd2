"""A record's fields are of three kinds, and its key has one spelling."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.outcomes import reference
from shared.records import Key, fill_only, fold_key, layout_of, observed

keys = st.tuples(st.text(max_size=8), st.integers() | st.text(alphabet="aA|%é ", max_size=8))


@dataclass(frozen=True, kw_only=True)
class Loan:
    """A record with fields of every kind."""

    number: int
    due: bool
    seen_at: datetime = observed()
    reader: str | None = fill_only()

    @property
    def key(self) -> Key:
        """What identifies the row."""
        return (self.number,)


def test_layout_tells_the_kinds_of_fields_apart():
    """Each field is of exactly one kind."""
    layout = layout_of(Loan(number=1, due=True, seen_at=datetime.max))
    assert layout.plain == ("number", "due")
    assert layout.observed == ("seen_at",)
    assert layout.fill_only == ("reader",)


def test_observed_field_does_not_make_records_differ():
    """Two records that differ in a time only say the same thing."""
    assert Loan(number=1, due=True, seen_at=datetime.min) == Loan(
        number=1, due=True, seen_at=datetime.max
    )


def test_fill_only_field_is_unknown_unless_said():
    """``None`` means that this event doesn't know it."""
    assert Loan(number=1, due=True, seen_at=datetime.max).reader is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("course-v1:edX+Demo+1",), ("COURSE-V1:EDX+demo+1",)),
        (("É",), ("é",)),
        (("ΣΑΣ",), ("σας",)),
        ((7, "a"), ("7", "A")),
    ],
)
def test_key_folds_case(one, other):
    """Keys that differ in case only are one key."""
    assert fold_key(one) == fold_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "b"), ("a|b",)),
        (("a|", "b"), ("a", "|b")),
        (("é",), ("e",)),
        (("a ",), ("a",)),
        (("%C3%A9",), ("é",)),
        (("%7c",), ("|",)),
        (("x" * 300 + "a",), ("x" * 300 + "b",)),
    ],
)
def test_different_keys_stay_apart(one, other):
    """Neither separators nor accents, trailing spaces, quoting or length make two keys one."""
    assert fold_key(one) != fold_key(other)


@given(keys, keys)
@settings(derandomize=True, deadline=None, max_examples=200)
def test_keys_are_one_exactly_if_their_folded_parts_are(one, other):
    """Folding merges what differs in case, and nothing else."""
    folded = [tuple(str(part).casefold() for part in key) for key in (one, other)]
    assert (fold_key(one) == fold_key(other)) == (folded[0] == folded[1])


@given(st.lists(st.text(max_size=200), min_size=1, max_size=3))
@settings(derandomize=True, deadline=None, max_examples=100)
def test_folded_key_fits_its_column(parts):
    """Whatever the key, its spelling is printable ASCII of at most 255 characters."""
    folded = fold_key(tuple(parts))
    assert len(folded) <= 255
    assert folded.isascii()
    assert folded.isprintable()


def test_long_key_becomes_a_digest():
    """A key too long for its column is matched by its digest, whatever its case."""
    assert fold_key(("a" * 256,)).startswith("sha256:")
    assert fold_key(("a" * 256,)) == fold_key(("A" * 256,))
    assert fold_key(("a" * 255,)) == "a" * 255


def test_reference_names_the_consumer_and_the_folded_key():
    """A parked event is found by its parent's consumer and key, however spelled."""
    assert reference("shelves", ("A",)) == reference("shelves", ("a",)) == "shelves:a"
