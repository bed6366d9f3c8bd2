"""A number in an option is within its bounds, or a line that names them."""

from __future__ import annotations

from argparse import ArgumentTypeError

import pytest

from shared.management.numbers import number, whole


@pytest.mark.parametrize(("text", "value"), [("1", 1), ("007", 7), ("1000", 1000)])
def test_whole_number(text: str, value: int) -> None:
    """Both bounds are within."""
    assert whole(1, 1000)(text) == value


@pytest.mark.parametrize(
    "text", ["", "0", "1001", "-5", "+5", "1.5", "1_0", " 1", "1\n", "many", "\u0661", "9" * 5000]
)
def test_no_whole_number(text: str) -> None:
    """What isn't written in plain digits, or lies outside, is refused in one line."""
    with pytest.raises(ArgumentTypeError, match=r"^'.*' is no whole number from 1 to 1,000$"):
        whole(1, 1000)(text)


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("2.5", 2.5), ("1e3", 1000)])
def test_number(text: str, value: float) -> None:
    """A fraction is fine."""
    assert number(0, 1000)(text) == value


@pytest.mark.parametrize("text", ["", "-1", "1000.1", "nan", "inf", "fast"])
def test_no_number(text: str) -> None:
    """What isn't finite is outside of any bounds."""
    with pytest.raises(ArgumentTypeError, match=rf"^'{text}' is no number from 0 to 1,000$"):
        number(0, 1000)(text)
