"""A sample on the wire: its messages, a worker that takes them, and the rows they end in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.batches import Ending
from shared.messages import Message
from shared.outcomes import Outcome
from shared.testing.avro import AvroRecord, put
from tests.contract.sample import Edits, Sample, parent_number
from tests.wire import NOW, Wire

OURS = frozenset({"id", "sync_key", "position", "filled_position", "created", "modified"})
"""Columns that no event says."""


def at(minute: int) -> datetime:
    """Return a time of an event; all of them have passed."""
    return NOW - timedelta(hours=1) + timedelta(minutes=minute)


@dataclass(frozen=True)
class Bench:
    """One sample, and the wire on which its messages come."""

    wire: Wire
    sample: Sample

    def event(
        self,
        number: int = 1,
        state: int = 0,
        *,
        time: datetime = NOW,
        edits: Edits | None = None,
    ) -> Message:
        """Return the message of an event of a row; each has an id and an offset of its own."""

        def edit(record: AvroRecord) -> None:
            for path, value in (edits or {}).items():
                put(record[self.sample.argument], path, value)

        signal, data = self.sample.signal, self.sample.data(number, state)
        return self.wire.message(signal, time=time, edit=edit if edits else None, **data)

    def parents(self, *numbers: int) -> list[Message]:
        """Return the events of the rows that these refer to, theirs included, children first."""
        parent = self.sample.parent
        if parent is None:
            return []
        wanted = dict.fromkeys(map(parent_number, numbers))
        above = Bench(self.wire, parent)
        return [*(above.event(number) for number in wanted), *above.parents(*wanted)]

    def bring_parents(self, *numbers: int) -> None:
        """Let the rows be there that these refer to."""
        if messages := self.parents(*numbers):
            result = self.wire.take(self.sample.room, messages)
            assert {ending.outcome for ending in result.endings} == {Outcome.APPLIED}

    def take(self, *messages: Message) -> list[Outcome]:
        """Let the room's worker take one batch, and return how each message ended."""
        return [ending.outcome for ending in self.wire.take(self.sample.room, messages).endings]

    def take_between(self, message: Message) -> Ending:
        """Settle a message between two good ones, check these, and return its ending."""
        messages = [self.event(2), message, self.event(3)]
        first, ending, last = self.wire.take(self.sample.room, messages).endings
        assert (first.outcome, last.outcome) == (Outcome.APPLIED, Outcome.APPLIED)
        assert self.row_of(2)
        assert self.row_of(3)
        return ending

    def row(self) -> dict[str, Any]:
        """Return the only row."""
        (row,) = self.sample.rows()
        return row

    def row_of(self, number: int) -> dict[str, Any]:
        """Return the row of this number."""
        (row,) = (row for row in self.sample.rows() if self.sample.is_row(number, row))
        return row

    def row_between(self) -> dict[str, Any]:
        """Return the row that isn't one of the neighbours'."""
        (row,) = (
            row
            for row in self.sample.rows()
            if not self.sample.is_row(2, row) and not self.sample.is_row(3, row)
        )
        return row

    def said(self) -> dict[str, Any]:
        """Return what the only row says, without what depends on the order of arrival."""
        return {name: self.row()[name] for name in columns_of(self.sample)}


def columns_of(sample: Sample) -> set[str]:
    """Return the columns of a sample's table that say the same whatever came when."""
    columns = {field.attname for field in sample.model._meta.concrete_fields}
    return columns - OURS - sample.seen
