"""Points in time: as a person writes them, and the minutes by which counts are kept."""

from __future__ import annotations

from datetime import UTC, datetime

from shared.exceptions import FatalError


def parse_time(text: str) -> datetime:
    """Return the time that a text names, in UTC.

    Raises ``ValueError``, and ``FatalError`` without zone.
    """
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise FatalError(f"The time {text!r} has no zone.", hint="Add Z for UTC, or +02:00.")
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is out of range") from error


def minute_of(time: datetime) -> datetime:
    """Return when the minute of a time began."""
    return time.replace(second=0, microsecond=0)
