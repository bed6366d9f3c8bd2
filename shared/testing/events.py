"""Events without a bus."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone
from openedx_events.data import EventsMetadata
from openedx_events.event_bus.avro.serializer import serialize_event_data_to_bytes
from openedx_events.tooling import OpenEdxPublicSignal

from shared.cloudevents import headers_of
from shared.messages import Event, Message

_offsets = count()


def make_event(
    signal: OpenEdxPublicSignal,
    *,
    time: datetime | None = None,
    topic: str = "test",
    partition: int = 0,
    offset: int | None = None,
    event_id: UUID | None = None,
    **data: Any,
) -> Event:
    """Return an event as a worker would have decoded it; each gets the next offset.

    ``time`` is the event's own time, now by default; ``data`` are the signal's arguments. Its
    message holds the bare Avro data, without a registry's schema id.
    """
    metadata = EventsMetadata(
        event_type=signal.event_type,
        minorversion=signal.minor_version,
        id=event_id or uuid4(),
        time=time or timezone.now(),
    )
    message = Message(
        topic=topic,
        partition=partition,
        offset=next(_offsets) if offset is None else offset,
        key=None,
        value=serialize_event_data_to_bytes(data, signal),
        headers=headers_of(metadata),
        timestamp=timezone.now(),
    )
    return Event(signal=signal, data=data, metadata=metadata, message=message)
