"""Points in time: as a person writes them, and the minutes by which counts are kept."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shared.exceptions import FatalError
from shared.times import minute_of, parse_time


@pytest.mark.parametrize(
    "text", ["2026-01-31T12:00:00Z", "2026-01-31T14:00:00+02:00", "2026-01-31 12:00+00:00"]
)
def test_time_with_its_zone(text: str) -> None:
    """Whatever the zone, the time is in UTC."""
    time = parse_time(text)
    assert time == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert time.tzinfo is UTC


def test_time_without_zone() -> None:
    """It could be any of many: who wrote it is told how to say which."""
    with pytest.raises(FatalError, match=r"has no zone\. Hint: Add Z for UTC"):
        parse_time("2026-01-31T12:00:00")


@pytest.mark.parametrize("text", ["yesterday", "", "0001-01-01T00:00:00+02:00"])
def test_no_time(text: str) -> None:
    """Words, nothing, and what is no time in UTC."""
    with pytest.raises(ValueError, match=r"isoformat|out of range"):
        parse_time(text)


def test_minute() -> None:
    """All times of a minute have the same one."""
    time = datetime(2026, 1, 31, 12, 34, 56, 789, tzinfo=UTC)
    assert (
        minute_of(time) == minute_of(minute_of(time)) == datetime(2026, 1, 31, 12, 34, tzinfo=UTC)
    )
