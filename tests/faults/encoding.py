"""The bytes of the fault suite's messages, as the stock producer frames and writes them.

Written with fastavro alone: the stock serializer takes ten times as long, and a backlog is a
million events. ``test_encoding.py`` compares the two.
"""

from __future__ import annotations

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
from tests.testapp.events import BOOK_CHANGED, SHELF_CHANGED

START = datetime(2026, 1, 1, tzinfo=UTC)

Headers = list[tuple[str, bytes | None]]


class Encoder:
    """Writes messages with the schemas that a registry has, where it registers them first."""

    def __init__(self, registry_url: str, topic: str) -> None:
        with SchemaRegistryClient({"url": registry_url}) as registry:
            self._writers = {
                signal: _Writer(signal, topic, registry) for signal in (SHELF_CHANGED, BOOK_CHANGED)
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
            data = {"code": said.code, "isbn": said.isbn, "title": said.text, "price": said.price}
        return self._writers[_signal(said)].write(data)


class _Writer:
    def __init__(
        self, signal: OpenEdxPublicSignal, topic: str, registry: SchemaRegistryClient
    ) -> None:
        serializer = AvroSignalSerializer(signal)
        schema = Schema(serializer.schema_string(), "AVRO")
        schema_id = registry.register_schema(f"{topic}-{signal.event_type}", schema)
        self._prefix = b"\0" + schema_id.to_bytes(4, "big")
        self._schema = fastavro.parse_schema(serializer.schema)
        (self._name,) = signal.init_data
        self.headers = headers_of(EventsMetadata(event_type=signal.event_type, time=START))

    def write(self, data: dict[str, Any]) -> bytes:
        buffer = BytesIO(self._prefix)
        buffer.seek(len(self._prefix))
        fastavro.schemaless_writer(buffer, self._schema, {self._name: data})
        return buffer.getvalue()


def _signal(said: Said) -> OpenEdxPublicSignal:
    return SHELF_CHANGED if said.what is What.SHELF else BOOK_CHANGED
