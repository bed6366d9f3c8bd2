"""The loop: poll, decode, fold, upsert, commit. ``python -m tests.benchmark.hand TOPIC GROUP``."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from io import BytesIO
from typing import Any
from zlib import crc32

import fastavro
from confluent_kafka import Consumer, Message
from confluent_kafka.schema_registry import SchemaRegistryClient

from tests.benchmark.drivers import MARIADB, POSTGRESQL, SQLITE, connect, kind_of
from tests.benchmark.hand import mariadb, postgresql, sqlite

_UPSERTS = {POSTGRESQL: postgresql.upsert, MARIADB: mariadb.upsert, SQLITE: sqlite.upsert}
BATCH = 2000
"""Of 500, 1000, 2000 and 5000 none stood out on any database by more than runs differ."""

Row = tuple[Any, ...]


def main() -> None:
    """Consume until killed."""
    topic, group = sys.argv[1:]
    prefix, url = os.environ["EVENT_BUS_TOPIC_PREFIX"], os.environ["DATABASE_URL"]
    consumer = Consumer(
        {
            "bootstrap.servers": os.environ["EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS"],
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([f"{prefix}-{topic}"])
    decoder = Decoder(os.environ["EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL"], f"{prefix}-{topic}")
    connection, upsert = connect(url, autocommit=False), _UPSERTS[kind_of(url)]
    while True:
        # To wait for a full batch would let a quiet topic wait for the timeout.
        if messages := consumer.consume(1, 0.1):
            messages += consumer.consume(BATCH - 1, 0)
            rows: dict[str, Row] = {}
            for message in messages:
                row = decoder.row(message)
                older = rows.get(row[0])
                if older is None or older[1] < row[1]:
                    rows[row[0]] = row
            upsert(connection, [rows[key] for key in sorted(rows)])
            consumer.commit(asynchronous=True)


class Decoder:
    """Makes the row of a message; whatever is unusual is an exception and ends the loop."""

    def __init__(self, registry_url: str, topic: str) -> None:
        self._registry = SchemaRegistryClient({"url": registry_url})
        self._topic = f"{crc32(topic.encode()):08x}"
        self._schemas: dict[bytes, Any] = {}

    def row(self, message: Message) -> Row:
        """Return the row's columns, ``sync_key`` and ``position`` first."""
        value = message.value()
        if message.error() or not isinstance(value, bytes):
            raise RuntimeError(f"no event: {message.error()}")
        schema = self._schemas.get(value[1:5]) or self._schema(value[1:5])
        grade: Any = fastavro.schemaless_reader(BytesIO(value[5:]), schema, None)
        grade = grade["grade"]
        headers: Any = message.headers()
        time = next(text for name, text in headers if name == "ce_time")
        # Every producer of this topic sends UTC.
        moment = datetime.fromisoformat(time.decode())
        stamp = moment.isoformat(timespec="microseconds")[:26]
        course, learner = grade["course_key"], grade["user_id"]
        return (
            f"{learner}|{course.casefold()}",
            f"{stamp} {self._topic}-{message.partition():06d} {message.offset():019d}",
            stamp,
            learner,
            course,
            grade["username"],
            grade["letter_grade"],
            grade["percent_grade"],
            grade["passed"],
            grade["verified"],
        )

    def _schema(self, schema_id: bytes) -> Any:
        text = self._registry.get_schema(int.from_bytes(schema_id, "big")).schema_str or ""
        schema = self._schemas[schema_id] = fastavro.parse_schema(json.loads(text))
        return schema


if __name__ == "__main__":
    main()
