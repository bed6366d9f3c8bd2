"""What the tests of the worker run on: an embedded broker and registry, and processes beside them.

Events are published by a plain producer in Confluent's framing, so that a test chooses partition,
order and broker timestamp. The processes are the project's real commands on a SQLite file of their
own; the test looks into that file with ``sqlite3``.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from django.db import connections
from django.db.utils import ConnectionHandler
from openedx_events.event_bus.avro.serializer import AvroSignalSerializer

from shared import messages
from shared.embedded import EmbeddedBroker, EmbeddedRegistry
from tests.grades import ROOM, TOPIC, Grade, Table
from tests.processes import PATIENCE, ROOT, Process, wait_until

CONSUMER_CONFIG = {
    "session.timeout.ms": 1500,
    "heartbeat.interval.ms": 300,
    "reconnect.backoff.max.ms": 300,
    "fetch.wait.max.ms": 50,
}
"""What lets the embedded broker rebalance soon, be found again soon and hand over soon."""


class Cluster:
    """A broker, a registry, a database file, and the processes that a test starts on them."""

    def __init__(self, folder: Path, database: Path, partitions: int = 4) -> None:
        self._folder = folder
        self.database = database
        self.partitions = partitions
        self.broker = EmbeddedBroker(partitions)
        self.broker.create_topic(TOPIC)
        self.registry = EmbeddedRegistry()
        self._processes: list[Process] = []
        self._consumers: dict[str, Consumer] = {}
        self._producer = Producer(
            {
                "bootstrap.servers": self.broker.bootstrap_servers,
                "enable.idempotence": True,
                "linger.ms": 0,
                "log_level": 0,
                "reconnect.backoff.max.ms": 300,
            }
        )

    def close(self) -> None:
        """Kill what still runs and forget everything."""
        for process in self._processes:
            process.kill()
        for consumer in self._consumers.values():
            consumer.close()
        self._producer.purge()
        self.registry.close()
        self.broker.close()

    def environment(self, **extra: Any) -> dict[str, str]:
        """Return the environment in which a process uses this cluster; ``None`` leaves one out.

        ``EVENT_SYNC`` and ``EVENT_SYNC_KAFKA_CONSUMER_CONFIG`` are dictionaries.
        """
        config = CONSUMER_CONFIG | extra.pop("EVENT_SYNC_KAFKA_CONSUMER_CONFIG", {})
        values = {
            "DJANGO_SETTINGS_MODULE": "tests.process_settings",
            "DATABASE_URL": f"sqlite:///{self.database}",
            "EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS": self.broker.bootstrap_servers,
            "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL": self.registry.url,
            "EVENT_SYNC_KAFKA_CONSUMER_CONFIG": json.dumps(config),
            **extra,
            "EVENT_SYNC": json.dumps(extra.get("EVENT_SYNC", {})),
        }
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("EVENT_")}
        return inherited | {name: str(value) for name, value in values.items() if value is not None}

    def start(self, *arguments: str, **environment: Any) -> Process:
        """Start a command, by default the room's worker."""
        output = self._folder / f"{len(self._processes)}.log"
        process = Process(
            arguments or ("run_consumers", ROOM), self.environment(**environment), output
        )
        self._processes.append(process)
        return process

    def frame(self, event: messages.Event) -> bytes:
        """Return an event's Avro data after the id of its schema."""
        serializer = AvroSignalSerializer(event.signal)
        schema = self.registry.schemas.register(event.signal.event_type, serializer.schema_string())
        return b"\0" + int(schema["id"]).to_bytes(4, "big") + (event.message.value or b"")

    def publish(self, *grades: Grade) -> None:
        """Put grades into their partitions and wait until the broker has them."""
        for grade in grades:
            self.produce_event(grade.event())
        self.flush()

    def produce_event(self, event: messages.Event, **options: Any) -> None:
        """Put an event into the producer's queue."""
        known: dict[str, Any] = {
            "partition": event.message.partition,
            "headers": list(event.message.headers),
        }
        self.produce(self.frame(event), **(known | options))

    def produce(self, value: bytes | None, *, topic: str = TOPIC, **options: Any) -> None:
        """Put any message into the producer's queue."""
        self._producer.produce(topic, value, **options)
        self._producer.poll(0)

    def flush(self) -> None:
        """Wait until the broker has everything."""
        assert self._producer.flush(PATIENCE) == 0

    def committed(self, group: str = ROOM, topic: str = TOPIC) -> dict[int, int]:
        """Return a group's committed offsets by partition; none for one that has none."""
        partitions = [TopicPartition(topic, number) for number in range(self.partitions)]
        found = self._consumer(group).committed(partitions, timeout=PATIENCE)
        return {each.partition: each.offset for each in found if each.offset >= 0}

    def commit(self, offsets: dict[int, int], group: str = ROOM, topic: str = TOPIC) -> None:
        """Commit offsets, by partition, for a group without members."""
        places = [TopicPartition(topic, number, offset) for number, offset in offsets.items()]
        self._consumer(group).commit(offsets=places, asynchronous=False)

    def ends(self, topic: str = TOPIC) -> dict[int, int]:
        """Return the end of each partition that holds messages."""
        consumer = self._consumer("ends")
        ends = {
            number: consumer.get_watermark_offsets(TopicPartition(topic, number), PATIENCE)[1]
            for number in range(self.partitions)
        }
        return {number: end for number, end in ends.items() if end}

    def wait_until_settled(self, group: str = ROOM, topic: str = TOPIC) -> None:
        """Wait until a group has committed everything there is."""
        try:
            wait_until(lambda: self.committed(group, topic) == self.ends(topic), "the commits")
        except AssertionError as error:
            logs = "\n".join(process.tail for process in self._processes)
            raise AssertionError(f"{error}\n{logs}") from None

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return what the processes' database answers."""
        with closing(sqlite3.connect(self.database, timeout=PATIENCE)) as connection:
            return connection.execute(sql).fetchall()

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Let the default connection lead to the processes' database; pytest must allow one."""
        here = connections["default"]
        file = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(self.database)}
        there = ConnectionHandler({"default": file})["default"]
        connections["default"] = there
        try:
            yield
        finally:
            connections["default"] = here
            there.close()

    def table(self) -> Table:
        """Return the table of grades, as the model has it."""
        rows = self.query(
            "SELECT lms_user_id, course_key, letter_grade, percent_grade, passed, username,"
            " verified FROM credentials_grades_sync_standalone_usergrade"
        )
        return {
            (learner, course): (letter, float(percent), bool(passed), username, bool(verified))
            for learner, course, letter, percent, passed, username, verified in rows
        }

    def outcomes(self) -> dict[str, int]:
        """Return how many deliveries ended how; redelivered ones count again."""
        names = ("applied", "unchanged", "stale", "filtered", "ignored", "parked", "dead")
        columns = ", ".join(f"coalesce(sum({name}), 0)" for name in names)
        (row,) = self.query(f"SELECT {columns} FROM event_sync_outcomecount")
        return {name: count for name, count in zip(names, row, strict=True) if count}

    def _consumer(self, group: str) -> Consumer:
        """Return a client that looks at a group from outside."""
        if group not in self._consumers:
            self._consumers[group] = Consumer(
                {
                    "bootstrap.servers": self.broker.bootstrap_servers,
                    "group.id": group,
                    "log_level": 0,
                    "reconnect.backoff.max.ms": 300,
                }
            )
        return self._consumers[group]


def migrated_database(folder: Path, factory: pytest.TempPathFactory) -> Path:
    """Return a copy, inside a folder, of a database file that is migrated once per session."""
    template = factory.getbasetemp() / "migrated.sqlite3"
    if not template.exists():
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.process_settings",
            "DATABASE_URL": f"sqlite:///{template}",
        }
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return Path(shutil.copy(template, folder / "test.sqlite3"))
