"""Records for the tests' tables, each with the position of the event that it came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.ordering import Position
from shared.records import Key, PositionedRecord, fill_only, observed

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class ReaderRecord:
    """What a row of ``Reader`` shall say."""

    number: int
    books: int
    seen_at: datetime = observed()
    name: str | None = fill_only()
    is_member: bool | None = fill_only()

    @property
    def key(self) -> Key:
        """What identifies the row."""
        return (self.number,)


@dataclass(frozen=True, kw_only=True)
class ShelfRecord:
    """What a row of ``Shelf`` shall say; known by its label, so that two can claim one code."""

    label: str
    code: str

    @property
    def key(self) -> Key:
        """What identifies the row."""
        return (self.label,)


def at(second: float, *, source: int = 0, offset: int = 0) -> Position:
    """Return the position of an event so many seconds after noon."""
    return Position.of(NOON + timedelta(seconds=second), "readers", source, offset)


def reader(
    second: float, books: int = 1, *, name: str | None = None, number: int = 1, **place: int
) -> PositionedRecord[ReaderRecord]:
    """Return what an event says of a reader; one that knows the name knows the membership, too."""
    record = ReaderRecord(
        number=number,
        books=books,
        seen_at=NOON + timedelta(seconds=second),
        name=name,
        is_member=None if name is None else len(name) % 2 == 0,
    )
    return PositionedRecord(record, at(second, **place))


def shelf(label: str, code: str | None = None, second: float = 0) -> PositionedRecord[ShelfRecord]:
    """Return what an event says of a shelf."""
    record = ShelfRecord(label=label, code=label if code is None else code)
    return PositionedRecord(record, at(second))
