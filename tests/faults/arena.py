"""Where a contestant goes through a fault: a topic and a database of its own on the real servers.

The processes are real commands; the test looks at broker and database from outside.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

from confluent_kafka import (
    Consumer,
    ConsumerGroupState,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

from tests.benchmark.contestants import Contestant
from tests.faults.contestants import OURS, STOCK
from tests.faults.encoding import Encoder
from tests.faults.migrated import migrated
from tests.faults.stream import Calm, Landed, Said
from tests.processes import Process
from tests.services import Services
from tests.services.database import DatabaseServer
from tests.services.processes import becomes
from tests.services.topics import create_topics, grow_topic, place_group
from tests.testapp.room import ROOM, TOPIC

QUICK = {
    "session.timeout.ms": 2000,
    "heartbeat.interval.ms": 300,
    "socket.connection.setup.timeout.ms": 4000,
}
"""Options of a worker that is missed soon when it is killed, and misses its group soon."""
STUCK = 60.0
"""So long without a commit, and a contestant is taken to be stuck; no measure of its speed."""
_CHUNK = 100


class Arena:
    """A topic, a database, a group, and the processes that a test starts on them."""

    def __init__(
        self,
        services: Services,
        server: DatabaseServer,
        folder: Path,
        *,
        contestant: Contestant = OURS,
        partitions: int = 4,
        patience: float = STUCK,
        is_group_new: bool = False,
        is_calm: bool = False,
    ) -> None:
        """Make all that is needed, and start nothing.

        The stock consumer's group begins at the first message, as this worker's does by itself;
        where ``is_group_new``, both begin where they begin. ``is_calm``: what is published is what
        a ``Calm`` service sends in its place.
        """
        self.services = services
        self.server = server
        self.contestant = contestant
        self.partitions = partitions
        self.name = f"arena_{uuid4().hex[:12]}"
        self.topic = f"{self.name}-{TOPIC}"
        self.group = self.name
        self.landed: list[Landed] = []
        self.workers: list[Process] = []
        self._folder = folder
        self.patience = patience
        self._calm = Calm() if is_calm else None
        self._url = server.copy_database(migrated(server), self.name)
        create_topics(services.kafka, self.topic, partitions=partitions)
        if contestant is STOCK and not is_group_new:
            place_group(services.kafka, self.group, self.topic, dict.fromkeys(range(partitions), 0))
        self.encoder = Encoder(services.registry.url, self.topic)
        self._watchers: dict[str, Consumer] = {}
        self._producer = Producer(
            {
                **services.kafka.client_config(),
                "enable.idempotence": True,
                "queue.buffering.max.messages": 1_000_000,
                "reconnect.backoff.max.ms": 500,
                "log_level": 0,
            }
        )
        # A new broker makes room for groups when it is asked for the first one, and takes its time.
        assert self._wait_for(lambda committed: True), "The broker can't say where a group stands."

    def close(self) -> None:
        """Kill what still runs and drop the database."""
        for worker in self.workers:
            worker.kill()
        for watcher in self._watchers.values():
            watcher.close()
        self._producer.purge()
        self.server.query(f"DROP DATABASE IF EXISTS {self.name}")

    def environment(self, *, group: str | None = None, **extra: Any) -> dict[str, str]:
        """Return the environment in which a process of the contestant uses this arena.

        ``EVENT_SYNC`` and ``EVENT_SYNC_KAFKA_CONSUMER_CONFIG`` are dictionaries.
        """
        event_sync = {"GROUPS": {ROOM: group or self.group}} | extra.pop("EVENT_SYNC", {})
        config = extra.pop("EVENT_SYNC_KAFKA_CONSUMER_CONFIG", {})
        values = {
            "DATABASE_URL": self._url,
            "EVENT_BUS_TOPIC_PREFIX": self.name,
            "EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS": self.services.kafka.bootstrap_servers(),
            "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL": self.services.registry.url,
            "EVENT_SYNC": json.dumps(event_sync),
            "EVENT_SYNC_KAFKA_CONSUMER_CONFIG": json.dumps(config),
            **self.contestant.environment,
            **extra,
        }
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("EVENT_")}
        return inherited | {name: str(value) for name, value in values.items()}

    def start(self, *, group: str | None = None, **environment: Any) -> Process:
        """Start one more worker of the contestant."""
        command = self.contestant.command(TOPIC, group or self.group)
        output = self._folder / f"{self.name}-{len(self.workers)}.log"
        worker = Process(command, self.environment(group=group, **environment), output)
        self.workers.append(worker)
        return worker

    def publish(self, stream: Iterable[Said], rate: float = 0) -> None:
        """Publish at ``rate`` messages a second, 0 for as fast as it goes; wait for the broker."""
        started = monotonic()
        for number, said in enumerate(self._calm.of(stream) if self._calm else stream):
            if rate and number % _CHUNK == 0:
                sleep(max(0.0, started + number / rate - monotonic()))
            self.produce(said)
        assert self._producer.flush(STUCK) == 0, "The broker doesn't take what is published."

    def grow(self, partitions: int) -> None:
        """Give the topic so many partitions; a key goes to any of them from now on."""
        grow_topic(self.services.kafka, self.topic, partitions)
        assert becomes(lambda: self._known_partitions() == partitions, STUCK)
        self.partitions = partitions

    def _known_partitions(self) -> int:
        """Return how many the producer knows, which asks for them."""
        found = self._producer.list_topics(self.topic, timeout=STUCK)
        return len(found.topics[self.topic].partitions)

    @contextmanager
    def publishing(self, stream: Iterable[Said], rate: float) -> Iterator[None]:
        """Publish while the block runs, and what is left by then after it."""
        with ThreadPoolExecutor(max_workers=1) as thread:
            publishing = thread.submit(self.publish, stream, rate)
            yield
            publishing.result()

    def produce(self, said: Said, **options: Any) -> None:
        """Put a message into the producer's queue; ``options`` replace those of ``produce``."""
        message: dict[str, Any] = {
            "key": said.code.encode(),
            "value": self.encoder.value(said),
            "headers": self.encoder.headers(said),
            "partition": said.partition(self.partitions),
            "on_delivery": partial(self._note, said),
        } | options
        while True:
            try:
                self._producer.produce(self.topic, **message)
            except BufferError:
                self._producer.poll(0.1)
            else:
                break
        self._producer.poll(0)

    def _note(self, said: Said, error: Any, message: Any) -> None:
        assert error is None, error
        self.landed.append(Landed(said, message.partition(), message.offset()))

    def ends(self) -> dict[int, int]:
        """Return the end of each partition that holds messages, as the broker has told."""
        ends: dict[int, int] = {}
        for _, partition, offset in self.landed:
            ends[partition] = max(ends.get(partition, 0), offset + 1)
        return ends

    def committed(self, group: str | None = None) -> dict[int, int]:
        """Return a group's committed offsets by partition, those left out that say nothing.

        Raises ``KafkaException``.
        """
        partitions = [TopicPartition(self.topic, number) for number in range(self.partitions)]
        found = self._watcher(group or self.group).committed(partitions, timeout=10)
        return {each.partition: each.offset for each in found if each.offset > 0}

    def log_ends(self) -> dict[int, int]:
        """Return the end of each partition, as the broker has it at this moment."""
        watcher = self._watcher(self.group)
        partitions = [TopicPartition(self.topic, number) for number in range(self.partitions)]
        return {p.partition: watcher.get_watermark_offsets(p, timeout=10)[1] for p in partitions}

    def _watcher(self, group: str) -> Consumer:
        """Return a client that looks at a group from outside."""
        if group not in self._watchers:
            config = {**self.services.kafka.client_config(), "group.id": group, "log_level": 0}
            self._watchers[group] = Consumer({**config, "reconnect.backoff.max.ms": 500})
        return self._watchers[group]

    def drain(self, group: str | None = None, *, is_over: Callable[[], bool] = bool) -> bool:
        """Return whether a group has committed everything before it got stuck, or ``is_over``."""
        ends = self.ends()
        return self._wait_for(lambda committed: committed == ends, group, is_over)

    def wait_for_commits(self, count: int) -> int:
        """Wait until the group has committed at least so many messages; return how many."""
        totals = [0]

        def is_enough(committed: dict[int, int]) -> bool:
            totals.append(sum(committed.values()))
            return totals[-1] >= count

        assert self._wait_for(is_enough), self.logs()
        return totals[-1]

    def wait_for_members(self, count: int) -> None:
        """Wait until the group has agreed on so many workers, each with its share of partitions."""
        admin = AdminClient({**self.services.kafka.client_config(), "log_level": 0})

        def is_agreed() -> bool:
            try:
                group = admin.describe_consumer_groups([self.group])[self.group].result()
            except KafkaException:
                return False
            shares = [len(each.assignment.topic_partitions) for each in group.members]
            is_shared = 0 not in shares and sum(shares) == self.partitions
            return is_shared and len(shares) == count and group.state == ConsumerGroupState.STABLE

        assert becomes(is_agreed, self.patience), self.logs()

    def _wait_for(
        self,
        is_enough: Callable[[dict[int, int]], bool],
        group: str | None = None,
        is_over: Callable[[], bool] = bool,
    ) -> bool:
        seen: dict[int, int] = {}
        until = monotonic() + self.patience
        while True:
            with suppress(KafkaException):
                committed = self.committed(group)
                if is_enough(committed):
                    return True
                if committed != seen:
                    seen, until = committed, monotonic() + self.patience
            if monotonic() > until or is_over():
                return False
            sleep(0.05)

    def query(self, statement: str) -> list[tuple[str, ...]]:
        """Return what the arena's database answers, as texts."""
        return self.server.query(statement, self.name)

    def logs(self) -> str:
        """Return the ends of the workers' logs, for messages of failed tests."""
        return "\n\n".join(worker.tail for worker in self.workers[-4:])
