"""A sample on a bus in memory: its messages, its room's way with them, and its rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.backends.base.operations import BaseDatabaseOperations
from django.utils import timezone
from openedx_events.event_bus.avro.schema import schema_from_signal

from shared.batches import Ending
from shared.consumer import EventData
from shared.messages import Message
from shared.ordering import Position
from shared.outcomes import Outcome
from shared.records import layout_of
from shared.testing.avro import AvroRecord, Schema, put, schema_field, written
from shared.testing.bus import InMemoryBus
from shared.testing.garbage import Garbage
from shared.testing.sample import Row, Sample

ROWS = 3
"""So many rows the contract's events are about."""
NOTHING_NEW = (
    "the event, or the sample's state 1, says nothing new: let data() heed its state, or say "
    "one_state=True if the event says no more than its key"
)
"""What is wrong with a sample whose second event doesn't change the row."""


@dataclass(frozen=True)
class Trial:
    """One sample and the bus on which its events come; the parents of its rows are there."""

    sample: Sample
    bus: InMemoryBus
    start: datetime = field(default_factory=lambda: timezone.now() - timedelta(days=1))

    def event(
        self, number: int = 1, state: int = 0, *, minute: int = 0, partition: int = 0
    ) -> Message:
        """Return the message of an event of a row."""
        return self.saying(self.sample.data(number, state), minute=minute, partition=partition)

    def saying(self, data: EventData, *, minute: int = 0, partition: int = 0) -> Message:
        """Return the message of an event with these data."""
        time = self.start + timedelta(minutes=minute)
        message = self.bus.message(self.sample.signal, time=time, partition=partition, **data)
        return replace(message, topic=self.sample.topic)

    def written_with(self, schema: Schema, record: AvroRecord) -> Message:
        """Return the message of row 1 as a writer of another schema would send it."""
        value = self.bus.framed(json.dumps(schema), written(schema, record))
        return replace(self.event(), value=value)

    def garbled(self, garbage: Garbage) -> Message:
        """Return the message of row 1 with garbage in a field; its writer may know null there."""
        schema, record = self.schema(), self.sample.record()
        fields, place = schema_field(schema, garbage.path)
        if garbage.value is None and not isinstance(fields[place]["type"], list):
            fields[place]["type"] = ["null", fields[place]["type"]]
        put(record, garbage.path, garbage.value)
        return self.written_with(schema, record)

    def schema(self) -> Schema:
        """Return a schema of the event that may be changed."""
        schema: Schema = schema_from_signal(self.sample.signal)
        return schema

    def bring_parents(self) -> None:
        """Let the rows be there that these refer to."""
        above = self.sample.parent
        if above is None:
            return
        parents = Trial(above, self.bus, self.start)
        parents.bring_parents()
        assert set(parents.take(*map(parents.event, range(1, ROWS + 1)))) <= {
            Outcome.APPLIED,
            Outcome.UNCHANGED,
        }, "the parents of the sample's rows can't be made"

    def take(self, *messages: Message, batch_size: int | None = None) -> list[Outcome]:
        """Let the room take messages, and return how each ended for the consumer."""
        return [ending.outcome for ending in self.endings(*messages, batch_size=batch_size)]

    def endings(self, *messages: Message, batch_size: int | None = None) -> list[Ending]:
        """Let the room take messages, and return the endings at the consumer."""
        for message in messages:
            self.bus.put(message)
        result = self.bus.run(self.sample.room, batch_size=batch_size)
        ours = (self.sample.consumer_name, "")
        return [ending for ending in result.endings if ending.consumer in ours]

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows, every column but the position that they have followed."""
        return _without_positions(self.sample.all_rows())

    def said(self) -> list[dict[str, Any]]:
        """Return the rows in a fixed order, without what depends on the order of arrival."""
        ignored = {"created", "modified", *self.sample.seen, *self._observed()}
        if self.sample.model and not self.sample.rows:
            ignored.add(self.sample.model._meta.pk.attname)
        rows = [
            {name: value for name, value in row.items() if name not in ignored}
            for row in self.sample.all_rows()
        ]
        return sorted(rows, key=lambda row: repr(sorted(row.items())))

    def facts(self) -> list[dict[str, Any]]:
        """Return what the rows say, without the position that they have followed."""
        return _without_positions(self.said())

    def said_after(
        self, messages: Sequence[Message], *, batch_size: int | None = None
    ) -> list[dict[str, Any]]:
        """Return what the rows say when messages are taken, and undo it."""
        with transaction.atomic():
            self.take(*messages, batch_size=batch_size)
            said = self.said()
            transaction.set_rollback(True)
        return said

    def misfits(self) -> list[str]:
        """Return the columns that hold what some database wouldn't take; see ``misfit``."""
        if not self.sample.model:
            return []
        manager: Any = self.sample.model._default_manager
        return [name for row in manager.values() if (name := misfit(self.sample.model, row))]

    def accepts(self, message: Message) -> bool:
        """Return whether the consumer's filter wants the event of a message."""
        event = self.bus.decode(message)
        return self.sample.route.accept(event.data, event.metadata)

    def _observed(self) -> tuple[str, ...]:
        event = self.bus.decode(self.event())
        return layout_of(self.sample.route.to_record(event.data, event.metadata)).observed


def _without_positions(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if not isinstance(v, Position)} for row in rows]


def why(ending: Ending) -> str:
    """Return why an event of a sample became no row, as far as its ending tells."""
    if ending.outcome is Outcome.PARKED:
        return f"it waits for {ending.waiting_for}: does the sample name the right parent?"
    if ending.outcome is Outcome.FILTERED:
        return "the consumer doesn't want the sample's event"
    return ending.error


def changed(before: Sequence[Row], after: Sequence[Row]) -> str:
    """Return what an event changed that said nothing new, and what to do about it."""
    pairs = zip(before, after, strict=False)
    names = {name for old, new in pairs for name in new if new[name] != old[name]}
    columns = ", ".join(sorted(names - {"modified"} or names)) or "no column"
    return (
        f"the event says the same, yet it changed {columns}; a column that is taken from the "
        "event's time, or from the clock, is observed()"
    )


def misfit(model: type[models.Model], row: Row) -> str:
    """Return the name of a column whose value some database wouldn't take, if there is one.

    SQLite takes a text or a number of any size; PostgreSQL and MySQL do not.
    """
    columns = model._meta.concrete_fields
    return next((each.attname for each in columns if not _fits(each, row[each.attname])), "")


def _fits(column: models.Field[Any, Any], value: object) -> bool:
    while isinstance(column, models.ForeignKey):
        column = column.target_field
    if isinstance(value, str):
        return "\0" not in value and len(value) <= (column.max_length or len(value))
    span = BaseDatabaseOperations.integer_field_ranges.get(column.get_internal_type())
    return not (isinstance(value, int) and span) or span[0] <= value <= span[1]
