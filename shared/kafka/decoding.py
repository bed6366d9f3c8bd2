"""From a message to an event: the writer's schema from the registry, the reader's from the signal.

Equal to openedx-events' own decoding, and stricter where a message is damaged.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache, partial
from io import BytesIO
from typing import Any, NamedTuple

import fastavro
from openedx_events.event_bus.avro.custom_serializers import (
    BaseCustomTypeAvroSerializer,
    CourseKeyAvroSerializer,
)
from openedx_events.event_bus.avro.deserializer import AvroSignalDeserializer
from openedx_events.tooling import OpenEdxPublicSignal

from shared.batches import Arrival, Ignored, Undecodable
from shared.cloudevents import event_type_of, metadata_of
from shared.conf import get_settings
from shared.consumer import Room
from shared.direct import decode_stored
from shared.exceptions import (
    EventSyncError,
    FatalError,
    TransientError,
    UndecodableMessage,
    UnknownEventType,
)
from shared.kafka.conversion import Convert, blame, data_converter
from shared.keeping import Kept
from shared.messages import NO_PARTITION, Event, Message
from shared.reactions import describe
from shared.receivers import others_listen

_MAGIC = 0
_PREFIX_LENGTH = 5
"""Confluent's wire format: a zero byte, then the schema id as four bytes, then the Avro data."""
_MAX_SCHEMA_ID = 2**31 - 1
_NOT_FOUND = range(40400, 40500)
"""The registry's own error codes for what it lacks; a bare 404 is no answer of a registry."""


class _CourseKeySerializer(CourseKeyAvroSerializer):  # type: ignore[misc]  # it has no types
    """Parses a course key once: a service has thousands of them, and millions of events."""

    deserialize = staticmethod(
        Kept(CourseKeyAvroSerializer.deserialize, most=10_000, length=len).__getitem__
    )


class _Deserializer(AvroSignalDeserializer):  # type: ignore[misc]  # it has no types
    def custom_type_serializers(self) -> list[type[BaseCustomTypeAvroSerializer]]:
        return [_CourseKeySerializer]


class Decoder:
    """Decodes messages with the schemas of one registry (confluent's ``SchemaRegistryClient``).

    It decodes what its room consumes and, ``for_receivers``, what others in the process listen to.
    A schema that isn't Avro counts as the registry's trouble until it has been read ``misreadings``
    times (``ISOLATE_AFTER_ATTEMPTS`` by default); then its messages are undecodable.
    """

    def __init__(
        self, registry: Any, *, for_receivers: bool = True, misreadings: int | None = None
    ) -> None:
        self._registry = registry
        self._for_receivers = for_receivers
        self._misreadings = misreadings
        self._writer_schemas: dict[int, Any] = {}
        self._misread: Counter[int] = Counter()

    def arrivals(self, messages: Iterable[Message], room: Room) -> list[Arrival]:
        """Return what messages are to a room, in order; a type nobody here wants isn't decoded.

        Raises what ``decode`` raises beside what makes a message ignored or undecodable.
        """
        # Asked once per batch and signal: receivers may come and go between batches.
        is_wanted = cache(partial(self._is_wanted, room))
        return [self._arrival(message, is_wanted) for message in messages]

    def decode(self, message: Message) -> Event:
        """Return the event of a message.

        Raises ``UnknownEventType``, ``UndecodableMessage`` naming the header or field,
        ``TransientError`` while the registry is out of reach and ``FatalError`` if it refuses us.
        """
        if message.partition == NO_PARTITION:
            return decode_stored(message)
        return self._event(message, signal_of(message))

    def _is_wanted(self, room: Room, signal: OpenEdxPublicSignal) -> bool:
        return room.consumes(signal.event_type) or (self._for_receivers and others_listen(signal))

    def _arrival(
        self, message: Message, is_wanted: Callable[[OpenEdxPublicSignal], bool]
    ) -> Arrival:
        try:
            signal = signal_of(message)
            return self._event(message, signal) if is_wanted(signal) else Ignored(message)
        except UnknownEventType:
            return Ignored(message)
        except UndecodableMessage as error:
            return Undecodable(message, str(error))

    def _event(self, message: Message, signal: OpenEdxPublicSignal) -> Event:
        metadata = metadata_of(message.headers)
        return Event(
            signal=signal,
            data=self._decode_value(message.value, signal),
            metadata=metadata,
            message=message,
        )

    def _decode_value(self, value: bytes | None, signal: OpenEdxPublicSignal) -> dict[str, Any]:
        if value is None:
            raise UndecodableMessage("value: null, and no event of this project is a tombstone")
        if len(value) < _PREFIX_LENGTH or value[0] != _MAGIC:
            raise UndecodableMessage(
                "value: not in Confluent's wire format (magic byte, schema id)"
            )
        reader = _reader(signal)
        writer_schema = self._writer_schema(int.from_bytes(value[1:_PREFIX_LENGTH], "big"), reader)
        buffer = BytesIO(value)
        buffer.seek(_PREFIX_LENGTH)
        try:
            record: Any = fastavro.schemaless_reader(buffer, writer_schema, reader.schema)
        except Exception as error:
            raise UndecodableMessage(f"value: {describe(error)} while reading the Avro") from error
        if buffer.read(1):
            raise UndecodableMessage("value: longer than its schema says")
        try:
            data: dict[str, Any] = reader.convert(record)
        except Exception as error:
            field = blame(signal, record)
            raise UndecodableMessage(f"{field}: {describe(error)}") from error
        return data

    def _writer_schema(self, schema_id: int, reader: _Reader) -> Any:
        if schema_id not in self._writer_schemas:
            if schema_id > _MAX_SCHEMA_ID:
                raise UndecodableMessage(f"value: no registry has a schema {schema_id}")
            text = self._fetch(schema_id)
            try:
                schema = fastavro.parse_schema(json.loads(text))
            except Exception as error:
                raise self._unreadable(schema_id) from error
            # For every message fastavro asks whether the two are equal; of one object it sees so.
            self._writer_schemas[schema_id] = reader.schema if schema == reader.schema else schema
        return self._writer_schemas[schema_id]

    def _fetch(self, schema_id: int) -> str:
        try:
            text: object = self._registry.get_schema(schema_id).schema_str
        except Exception as error:
            raise meaning_of(error, schema_id) from error
        if isinstance(text, str):
            return text
        # The client keeps this answer and would give it again.
        self._registry.clear_caches()
        raise TransientError("The schema registry answered without a schema.")

    def _unreadable(self, schema_id: int) -> EventSyncError:
        """Return what a text that is no Avro schema comes to: one that stays so is poison.

        It may be the registry's trouble, or a schema of another kind that somebody has registered.
        """
        self._registry.clear_caches()
        self._misread[schema_id] += 1
        most = self._misreadings or get_settings().isolate_after_attempts
        if self._misread[schema_id] < most:
            return TransientError("The schema registry answered with what is no Avro schema.")
        return UndecodableMessage(f"value: schema {schema_id} of the registry is no Avro schema")


def meaning_of(error: Exception, schema_id: int) -> EventSyncError:
    """Return what a question to the registry that failed comes to.

    By the attributes of confluent's own error, whose module needs an extra to be imported. Errors
    of its HTTP library and its JSON parser come through as they are.
    """
    status = getattr(error, "http_status_code", None)
    if status == 404 and getattr(error, "error_code", None) in _NOT_FOUND:
        return UndecodableMessage(f"value: the registry has no schema {schema_id}")
    if status in (401, 403):
        return FatalError(
            f"The schema registry refused us (HTTP {status}).",
            hint="Check EVENT_BUS_KAFKA_SCHEMA_REGISTRY_API_KEY and _API_SECRET.",
        )
    if status:
        return TransientError(f"The schema registry answered HTTP {status}.")
    return TransientError(f"The schema registry: {describe(error)}.")


def signal_of(message: Message) -> OpenEdxPublicSignal:
    """Return the signal of a message. Raises ``UnknownEventType`` or ``UndecodableMessage``."""
    event_type = event_type_of(message.headers)
    try:
        return OpenEdxPublicSignal.get_signal_by_type(event_type)
    except KeyError as error:
        raise UnknownEventType from error


class _Reader(NamedTuple):
    """How events of one signal are read: the schema they are wanted in, and what makes the data."""

    schema: Any
    convert: Convert


@cache
def _reader(signal: OpenEdxPublicSignal) -> _Reader:
    try:
        deserializer = _Deserializer(signal)
        return _Reader(
            fastavro.parse_schema(deserializer.schema),
            data_converter(signal, deserializer.deserializers),
        )
    except Exception as error:
        # Some signals are for one process only: openedx-events has no Avro for their data.
        raise UndecodableMessage("header ce_type: such events have no schema") from error
