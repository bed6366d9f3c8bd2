"""Settling one event at once, for the "signal" carrier: no offset, no original bytes.

The stock consumers bring the event through its signal alone. Ties of event time follow arrival,
and a dead letter holds the event as this process would encode it. What is lost with the stock
consumer stays lost: see "Carriers" in the docs.
"""

from __future__ import annotations

import socket
from os import getpid
from time import time_ns
from typing import Any

from django.utils import timezone
from openedx_events.data import EventsMetadata
from openedx_events.event_bus.avro.deserializer import deserialize_bytes_to_event_data
from openedx_events.event_bus.avro.serializer import serialize_event_data_to_bytes
from openedx_events.tooling import OpenEdxPublicSignal

from shared import parking
from shared.batches import Arrival, Batch, BatchResult
from shared.cloudevents import headers_of, metadata_of
from shared.conf import get_settings
from shared.consumer import Mode, Room
from shared.exceptions import UndecodableMessage, UnknownEventType
from shared.messages import NO_PARTITION, NO_TOPIC, Event, Message
from shared.modes import consumers_in
from shared.pipeline import settle
from shared.reactions import describe


def settle_at_once(
    room: Room, signal: OpenEdxPublicSignal, data: dict[str, Any], metadata: EventsMetadata
) -> None:
    """Settle one event, then the parked ones that are due. Raises what ``settle`` raises.

    Consumers in shadow get nothing: only a worker has a shadow.
    """
    live = consumers_in(room, Mode.LIVE)
    if not any(consumer.route_for(signal.event_type) for consumer in live):
        return
    room = Room(room.name, live)
    message = Message(
        topic=NO_TOPIC,
        partition=NO_PARTITION,
        offset=time_ns(),
        key=None,
        value=serialize_event_data_to_bytes(data, signal),
        headers=headers_of(metadata),
        timestamp=None,
    )
    event = Event(signal=signal, data=data, metadata=metadata, message=message)
    _settle(room, (event,))
    settle_parked(room)


def settle_parked(room: Room) -> BatchResult | None:
    """Settle the parked events that are due and came without a broker. Raises as ``settle`` does.

    Those that the worker parked hold the broker's bytes; they wait for a worker.
    """
    limit = get_settings().batch_size
    parked = parking.due(room.name, [NO_TOPIC], limit=limit, now=timezone.now())
    return _settle(room, parking.arrivals_of(parked, decode_stored)) if parked else None


def decode_stored(message: Message) -> Event:
    """Return the event of a message without a place on a broker: a signal's or a snapshot row's.

    Raises ``UnknownEventType`` or ``UndecodableMessage`` if the event's definition has changed.
    """
    metadata = metadata_of(message.headers)
    try:
        signal = OpenEdxPublicSignal.get_signal_by_type(metadata.event_type)
    except KeyError as error:
        raise UnknownEventType from error
    try:
        data = deserialize_bytes_to_event_data(message.value or b"", signal)
    except Exception as error:
        raise UndecodableMessage(f"value: {describe(error)} while reading the Avro") from error
    return Event(signal=signal, data=data, metadata=metadata, message=message)


def worker_name(process_id: int) -> str:
    """Return the name under which a process of this host counts outcomes."""
    return f"{socket.gethostname()}:{process_id}"[:255]


def _settle(room: Room, arrivals: tuple[Arrival, ...]) -> BatchResult:
    group = get_settings().group_of(room.name)
    batch = Batch(room=room, group=group, worker=worker_name(getpid()), arrivals=arrivals)
    return settle(batch, now=timezone.now())
