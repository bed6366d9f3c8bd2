"""The bytes of the fault suite's messages, as the stock producer frames and writes them.

Written with fastavro alone: the stock serializer takes ten times as long, and a backlog is a
million events. ``test_encoding.py`` compares the two.
"""

from __future__ import annotations

from copy import copy
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import fastavro
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from openedx_events.data import EventsMetadata
from openedx_events.event_bus.avro.serializer import AvroSignalSerializer
from openedx_events.tooling import OpenEdxPublicSignal

from shared.cloudevents import headers_of
from tests.faults.stream import Said, What
from tests.testapp.events import BOOK_CHANGED, SHELF_CHANGED, BookData, ShelfData

START = datetime(2026, 1, 1, tzinfo=UTC)

Headers = list[tuple[str, bytes | None]]


class Encoder:
    """Writes messages with the schemas that a registry has, where it registers them first.

    ``book`` is the class of a book's data; one of another version has more attributes.
    """

    def __init__(self, registry_url: str, topic: str, *, book: type[Any] = BookData) -> None:
        with SchemaRegistryClient({"url": registry_url}) as registry:
            self._writers = {
                signal: _Writer(signal, data_type, topic, registry)
                for signal, data_type in ((SHELF_CHANGED, ShelfData), (BOOK_CHANGED, book))
            }

    def headers(self, said: Said) -> Headers:
        """Return the headers of an event with an id of its own."""
        writer = self._writers[_signal(said)]
        time = START + timedelta(milliseconds=said.millisecond)
        known = {"ce_id": str(uuid4()).encode(), "ce_time": time.isoformat().encode()}
        if said.what is What.UNKNOWN:
            known["ce_type"] = b"org.openedx.tests.nobody.knows.v1"
        return [(name, known.get(name, value)) for name, value in writer.headers]

    def value(self, said: Said) -> bytes:
        """Return the framed Avro data, or what stands in its place."""
        if said.what is What.UNDECODABLE:
            return b"no Avro"
        data: dict[str, Any] = {"code": said.code, "label": said.text}
        if said.what is not What.SHELF:
            data = self.book(said)
        return self._writers[_signal(said)].write(data)

    def book(self, said: Said) -> dict[str, Any]:
        """Return the attributes of a book; those left out have their default."""
        return {"code": said.code, "isbn": said.isbn, "title": said.text, "price": said.price}


class _Writer:
    def __init__(
        self,
        signal: OpenEdxPublicSignal,
        data_type: type[Any],
        topic: str,
        registry: SchemaRegistryClient,
    ) -> None:
        (self._name,) = signal.init_data
        serializer = AvroSignalSerializer(_with_data(signal, {self._name: data_type}))
        schema = Schema(serializer.schema_string(), "AVRO")
        schema_id = registry.register_schema(subject(topic, signal), schema)
        self._prefix = b"\0" + schema_id.to_bytes(4, "big")
        self._schema = fastavro.parse_schema(serializer.schema)
        self.headers = headers_of(EventsMetadata(event_type=signal.event_type, time=START))

    def write(self, data: dict[str, Any]) -> bytes:
        buffer = BytesIO(self._prefix)
        buffer.seek(len(self._prefix))
        fastavro.schemaless_writer(buffer, self._schema, {self._name: data})
        return buffer.getvalue()


def subject(topic: str, signal: OpenEdxPublicSignal) -> str:
    """Return under which name the registry keeps the versions of an event's schema."""
    return f"{topic}-{signal.event_type}"


def _with_data(signal: OpenEdxPublicSignal, data: dict[str, Any]) -> OpenEdxPublicSignal:
    # A new one would take over the event type in this process.
    changed = copy(signal)
    changed.init_data = data
    return changed


def _signal(said: Said) -> OpenEdxPublicSignal:
    return SHELF_CHANGED if said.what is What.SHELF else BOOK_CHANGED
