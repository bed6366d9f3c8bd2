"""An option's value is what is meant, or one line says what is wrong with it."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from shared.exceptions import ConfigurationError
from shared.management.option_values import days_ago, number, time_of, whole


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


def test_time() -> None:
    """It is in UTC; an option that isn't said has none."""
    assert time_of("--since", "2026-01-31T14:00:00+02:00") == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert time_of("--since", None) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"'' is no time\. Hint: Write it as in"),
        ("9999-12-31T23:59:59-14:00", r"-14:00' is no time\. Hint: Write it as in"),
        ("2026-01-31T12:00:00", r"The time '2026-01-31T12:00:00' has no zone\. Hint: Add Z"),
    ],
)
def test_no_time(text: str, said: str) -> None:
    """The option is named, and how to write it."""
    with pytest.raises(ConfigurationError, match=f"^--since: .*{said}"):
        time_of("--since", text)


def test_days_ago() -> None:
    """As many as are said."""
    found = days_ago("--older-than", 3)
    assert timezone.now() - found >= timedelta(days=3)
    assert days_ago("--older-than", 3) > days_ago("--older-than", 4)


@pytest.mark.parametrize("days", [10**6, 10**10])
def test_no_date(days: int) -> None:
    """There are none before the year 1."""
    said = rf"^--older-than: no date is {days} days ago\. Hint: Say fewer"
    with pytest.raises(ConfigurationError, match=said):
        days_ago("--older-than", days)
