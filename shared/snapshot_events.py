"""Events that no producer has sent: made of a snapshot's rows, to take the way of all others.

Which one is newer, a row's event or a live one, is decided by the position alone; ADR 0012 says why
it is what it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from openedx_events.data import EventsMetadata
from openedx_events.event_bus.avro.serializer import serialize_event_data_to_bytes

from shared.cloudevents import headers_of
from shared.messages import NO_PARTITION, NO_TOPIC, Event, Message
from shared.reactions import describe
from shared.snapshots import Row, Snapshot, UnreadableRow
from shared.sources import Page, PlacedRow

_OFFSET_BITS = 60
"""Below the offsets of ``shared.direct``, times in nanoseconds: a live event of that time wins."""


@dataclass(frozen=True, slots=True)
class PlacedEvent:
    """An event, or why there is none, and where its row was found."""

    place: str
    event: Event | UnreadableRow


def events_of(snapshot: Snapshot, page: Page, margin: timedelta) -> Iterator[PlacedEvent]:
    """Yield the event of each row. ``margin`` is taken off the time of a snapshot, see ADR 0012."""
    for placed in page.rows:
        try:
            event = _event(snapshot, _readable(placed), page.taken_at, margin)
        except UnreadableRow as problem:
            yield PlacedEvent(placed.place, problem)
        else:
            yield PlacedEvent(placed.place, event)


def _readable(placed: PlacedRow) -> Row:
    if isinstance(placed.row, UnreadableRow):
        raise placed.row
    return placed.row


def _event(snapshot: Snapshot, row: Row, taken_at: datetime | None, margin: timedelta) -> Event:
    time = _time(snapshot, row, taken_at, margin)
    data = snapshot.to_data(row)
    # A row that says the same is the same event again, whenever it was read: it is parked and
    # buried once, also by a job that comes every night.
    said = json.dumps([snapshot.signal.event_type, row.values], sort_keys=True)
    digest = sha256(said.encode()).digest()
    metadata = EventsMetadata(
        event_type=snapshot.signal.event_type,
        minorversion=snapshot.signal.minor_version,
        id=UUID(bytes=digest[:16]),
        time=time,
    )
    try:
        value = serialize_event_data_to_bytes(data, snapshot.signal)
    except Exception as error:
        raise UnreadableRow("the row", f"is no event: {describe(error)}") from error
    message = Message(
        topic=NO_TOPIC,
        partition=NO_PARTITION,
        offset=int.from_bytes(digest) >> (256 - _OFFSET_BITS),
        key=None,
        value=value,
        headers=headers_of(metadata),
        timestamp=None,
    )
    return Event(signal=snapshot.signal, data=data, metadata=metadata, message=message)


def _time(snapshot: Snapshot, row: Row, taken_at: datetime | None, margin: timedelta) -> datetime:
    if snapshot.modified:
        return row.moment(snapshot.modified)
    assert taken_at, "a source of such rows knows it, or the operator was asked"
    return taken_at - margin
