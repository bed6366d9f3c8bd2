"""Messages as the stock producer puts them on the bus, and a worker's way with them.

Bytes, keys and headers are made by edx-event-bus-kafka, schemas go over HTTP to the embedded
registry. There is no broker: a message is handed over as the worker would have polled it. Topic
and key field are those by which the registered rooms know an event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from confluent_kafka.serialization import MessageField, SerializationContext
from django.test import override_settings
from edx_event_bus_kafka.internal.config import get_schema_registry_client
from edx_event_bus_kafka.internal.producer import extract_event_key, get_serializers
from edx_event_bus_kafka.internal.utils import _get_headers_from_metadata
from openedx_events.data import EventsMetadata
from openedx_events.event_bus.avro.serializer import AvroSignalSerializer
from openedx_events.tooling import OpenEdxPublicSignal

from shared import shadow
from shared.batches import Arrival, Batch, BatchResult
from shared.conf import get_settings
from shared.consumer import Room
from shared.embedded import EmbeddedRegistry
from shared.exceptions import TransientError
from shared.kafka.config import schema_registry_client
from shared.kafka.decoding import Decoder
from shared.messages import Message
from shared.modes import shadow_name
from shared.testing.avro import AvroRecord, written
from shared.testing.bus import places_of
from shared.testing.delivery import deliver, deliver_parked

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
"""When everything happens that has no time of its own."""

Edit = Callable[[AvroRecord], object]
"""Changes an Avro record to what the event's own classes wouldn't hold."""

WIDE = 2**62 + 4711
"""In a record it stands for a number of more than 64 bits, which is read as a negative one."""


class Wire:
    """A schema registry, what a producer writes with it and what a decoder reads with it."""

    def __init__(self, registry: EmbeddedRegistry, client: Any) -> None:
        self.registry = registry
        self.decoder = Decoder(client)
        self._offsets = count()

    def message(
        self,
        signal: OpenEdxPublicSignal,
        *,
        time: datetime = NOW,
        edit: Edit | None = None,
        **data: Any,
    ) -> Message:
        """Return the message of an event; ``data`` are the signal's arguments."""
        topic, key_field = places_of(signal)[0]
        headers = _get_headers_from_metadata(
            EventsMetadata(event_type=signal.event_type, minorversion=0, time=time)
        )
        to_key, to_value = get_serializers(signal, key_field)
        key = extract_event_key(data, key_field)
        value = to_value(data, SerializationContext(topic, MessageField.VALUE, headers))
        if edit:
            serializer = AvroSignalSerializer(signal)
            record = serializer.to_dict(data)
            edit(record)
            value = value[:5] + avro(serializer.schema, record)
        return Message(
            topic=topic,
            partition=0,
            offset=next(self._offsets),
            key=to_key(key, SerializationContext(topic, MessageField.KEY, headers)),
            value=value,
            headers=tuple(headers.items()),
            timestamp=NOW,
        )

    def framed(self, schema: str, data: bytes) -> bytes:
        """Return Avro data after the id that a schema's text has in the registry."""
        schema_id = self.registry.schemas.register("tests", schema)["id"]
        return b"\0" + int(schema_id).to_bytes(4, "big") + data

    def take(self, room: Room, messages: Sequence[Message], *, now: datetime = NOW) -> BatchResult:
        """Do what the room's worker does with the messages of one batch."""
        return deliver(room, *self._arrivals(room, messages), now=now)

    def keep(self, room: Room, messages: Sequence[Message], *, now: datetime = NOW) -> BatchResult:
        """Do what the worker of the room's shadow does with the messages of one batch."""
        arrivals = self._arrivals(room, messages)
        name = shadow_name(room)
        batch = Batch(
            room=replace(room, name=name), group=name, worker="tests", arrivals=tuple(arrivals)
        )
        return shadow.keep(batch, now=now)

    def _arrivals(self, room: Room, messages: Sequence[Message]) -> list[Arrival]:
        # Each schema that is no Avro is asked for so often before it is believed.
        for _ in range(get_settings().isolate_after_attempts * len(messages) + 1):
            with suppress(TransientError):
                return self.decoder.arrivals(messages, room)
        raise AssertionError("The registry is not to be had.")

    def retry(self, room: Room, *, now: datetime = NOW) -> BatchResult:
        """Do what the room's worker does with the parked events that are due."""
        return deliver_parked(room, self.decoder.decode, now=now)


@contextmanager
def running_wire() -> Iterator[Wire]:
    """Run a registry that producer and decoder find by the settings.

    A change of any setting meanwhile would cost the stock producer its client, unclosed.
    """
    with (
        EmbeddedRegistry() as registry,
        override_settings(EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL=registry.url),
        get_schema_registry_client(),
        schema_registry_client() as client,
    ):
        yield Wire(registry, client)


def avro(schema: Any, record: Any) -> bytes:
    """Return the Avro data of a record."""
    return written(schema, record).replace(written("long", WIDE), b"\xff" * 10 + b"\1")


def with_header(message: Message, name: str, *values: bytes | None) -> Message:
    """Return a message with these values of a header, none at all without values."""
    others = [(key, value) for key, value in message.headers if key != name]
    return replace(message, headers=(*others, *((name, value) for value in values)))
