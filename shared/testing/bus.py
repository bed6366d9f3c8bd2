"""An event bus in memory: what the stock producer would have put there, and a room's way with it.

Keys, values and headers are those of edx-event-bus-kafka, and so is the decoding. What it doesn't
have: a broker, partitions chosen by keys, and groups; ``EmbeddedBus`` has them.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from confluent_kafka.schema_registry import Schema
from confluent_kafka.schema_registry.error import SchemaRegistryError
from django.db import connection
from django.utils import timezone
from edx_event_bus_kafka.internal.producer import (
    extract_event_key,
    extract_key_schema,
    get_signal_serializer,
)
from edx_event_bus_kafka.internal.utils import _get_headers_from_metadata
from openedx_events.tooling import OpenEdxPublicSignal

from shared import registry
from shared.batches import BatchResult, Ending
from shared.conf import get_settings
from shared.consumer import Room
from shared.embedded.registry import Schemas
from shared.exceptions import ConfigurationError
from shared.kafka.decoding import Decoder
from shared.messages import Event, Message
from shared.testing.avro import written
from shared.testing.delivery import deliver, deliver_parked


@dataclass(frozen=True)
class _RegistryClient:
    """Reads a registry in memory as confluent's client would over HTTP."""

    schemas: Schemas

    def get_schema(self, schema_id: int) -> Schema:
        if not 1 <= schema_id <= len(self.schemas.texts):
            raise SchemaRegistryError(404, 40403, "Schema not found")
        return Schema(self.schemas.texts[schema_id - 1], "AVRO")

    def clear_caches(self) -> None:
        """There are none."""


class InMemoryBus:
    """Publish events, then let a room take them.

    ``messages`` has what was published, in order, and ``schemas`` what its registry knows.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.schemas = Schemas()
        # A schema that is no Avro is believed to be none when it is first read.
        self._decoder = Decoder(_RegistryClient(self.schemas), misreadings=1)
        self._ends: Counter[tuple[str, int]] = Counter()
        self._taken: Counter[str] = Counter()

    def publish(
        self,
        signal: OpenEdxPublicSignal,
        *,
        time: datetime | None = None,
        partition: int = 0,
        **data: Any,
    ) -> Message:
        """Put an event on the bus and return its message; ``data`` are the signal's arguments.

        ``time`` is the event's own time, now by default. Topic and key are those by which the
        registered rooms know the event; on each further topic it is there as well. Raises
        ``ConfigurationError`` if none does.
        """
        message = self.put(self.message(signal, time=time, partition=partition, **data))
        for topic, _ in places_of(signal)[1:]:
            self.put(replace(message, topic=topic, offset=self._next_offset(topic, partition)))
        return message

    def put(self, message: Message) -> Message:
        """Put any message on the bus, whatever its bytes, or one that is there already."""
        self.messages.append(message)
        return message

    def message(
        self,
        signal: OpenEdxPublicSignal,
        *,
        time: datetime | None = None,
        partition: int = 0,
        **data: Any,
    ) -> Message:
        """Return the message that ``publish`` would put on the bus; it has its offset already."""
        topic, key_field = places_of(signal)[0]
        serializer = get_signal_serializer(signal)
        schema, key_schema = serializer.schema_string(), extract_key_schema(serializer, key_field)
        key = serializer.to_dict(extract_event_key(data, key_field))
        metadata = signal.generate_signal_metadata(time=time or timezone.now())
        return Message(
            topic=topic,
            partition=partition,
            offset=self._next_offset(topic, partition),
            key=self.framed(key_schema, written(json.loads(key_schema), key)),
            value=self.framed(schema, written(serializer.schema, serializer.to_dict(data))),
            headers=tuple(_get_headers_from_metadata(metadata).items()),
            timestamp=timezone.now(),
        )

    def framed(self, schema: str, data: bytes) -> bytes:
        """Return Avro data after the id that a schema's text has in the registry."""
        schema_id = self.schemas.register("tests", schema)["id"]
        return b"\0" + int(schema_id).to_bytes(4, "big") + data

    def run(
        self, room: Room, *, batch_size: int | None = None, now: datetime | None = None
    ) -> BatchResult:
        """Let a room take what it hasn't had yet, and retry what waits for what then came.

        Needs a database that the test may use (``db``). Returns how each event ended.
        """
        connection.ensure_connection()  # what pytest-django says of a test that has none is clear
        size, endings = batch_size or get_settings().batch_size, list[Ending]()
        waiting = self._take(room)
        for start in range(0, len(waiting), size):
            batch = waiting[start : start + size]
            arrivals = self._decoder.arrivals(batch, room)
            endings += deliver(room, *arrivals, now=now).endings
            while retried := deliver_parked(room, self._decoder.decode, now=now).endings:
                endings += retried
        return BatchResult(tuple(endings))

    def rewind(self, room: Room) -> None:
        """Let the room's next run begin with the first message again."""
        del self._taken[room.name]

    def decode(self, message: Message) -> Event:
        """Return the event of a message. Raises what ``Decoder.decode`` raises."""
        return self._decoder.decode(message)

    def _next_offset(self, topic: str, partition: int) -> int:
        self._ends[topic, partition] += 1
        return self._ends[topic, partition] - 1

    def _take(self, room: Room) -> list[Message]:
        first = self._taken[room.name]
        self._taken[room.name] = len(self.messages)
        return [message for message in self.messages[first:] if message.topic in room.topics]


def places_of(signal: OpenEdxPublicSignal) -> list[tuple[str, str]]:
    """Return each topic, without prefix, on which rooms know an event, and the key field there.

    Raises ``ConfigurationError`` if no registered room consumes it.
    """
    found: dict[str, str] = {}
    for room in registry.rooms():
        for consumer in room.consumers:
            if route := consumer.route_for(signal.event_type):
                found.setdefault(consumer.topic, route.key_field)
    if found:
        return list(found.items())
    raise ConfigurationError(
        f"No registered room consumes {signal.event_type}.",
        hint="Add its app to INSTALLED_APPS, or register it with shared.testing.registered().",
    )
