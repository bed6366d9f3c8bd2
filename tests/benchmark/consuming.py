"""A contestant that consumes: its processes, its topic and its group."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING
from uuid import uuid4

from confluent_kafka import Consumer, ConsumerGroupState, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from tests.benchmark.contestants import Contestant
from tests.benchmark.stream import TOPIC, Stream, warm_up
from tests.benchmark.usage import Usage, peak
from tests.processes import Process
from tests.services.topics import create_topics, delete_topics, place_group

if TYPE_CHECKING:
    from tests.benchmark.contest import Contest

PARTITIONS = 4
_WARM_UP = 400
_PATIENCE = 60.0
# A fetch that found nothing waits at the broker for half a second, librdkafka's default; after that
# a stopped process has no question open that the first messages of the stream could answer.
_FETCH_SECONDS = 1.0


class Consuming:
    """Workers of one contestant on a new topic of four partitions."""

    def __init__(
        self, contestant: Contestant, environment: dict[str, str], contest: Contest
    ) -> None:
        """Make the topic and the group; start nothing."""
        prefix = f"race-{uuid4().hex[:12]}"
        self.name = contestant.name
        self.topic = f"{prefix}-{TOPIC}"
        self._group = prefix
        self._kafka = contest.services.kafka
        self._publisher = contest.publisher
        self._published = 0
        create_topics(self._kafka, self.topic, partitions=PARTITIONS)
        # The stock consumer of a new group begins at the end; this worker's own begins here anyway.
        place_group(self._kafka, self._group, self.topic, dict.fromkeys(range(PARTITIONS), 0))
        named = {"EVENT_BUS_TOPIC_PREFIX": prefix, "BENCHMARK_GROUP": self._group}
        self._environment = environment | contestant.environment | named
        self._contestant = contestant
        self._log = contest.folder / prefix
        self.workers: list[Process] = []
        self._watcher = Consumer(
            {**self._kafka.client_config(), "group.id": self._group, "log_level": 0}
        )

    def start(self, workers: int = 1) -> None:
        """Start so many processes."""
        for number in range(workers):
            worker = Process(
                self._contestant.command(TOPIC, self._group),
                self._environment,
                self._log.with_suffix(f".{number}.log"),
                manage=self._contestant.program,
            )
            self.workers.append(worker)

    @property
    def tail(self) -> str:
        """The ends of what the workers have printed."""
        return "\n".join(worker.tail for worker in self.workers)

    def warm_up(self) -> None:
        """Let all workers join, and settle some events."""
        self._wait_for_members()
        grades = warm_up(_WARM_UP)
        self._publisher.publish(self.topic, self._publisher.encode(grades))
        self._published += len(grades)
        self.wait_until_done()

    def line_up(self, stream: Stream) -> None:
        """Stop the workers and publish the stream."""
        encoded = self._publisher.encode(stream)
        for worker in self.workers:
            worker.freeze()
        sleep(_FETCH_SECONDS)
        self._publisher.publish(self.topic, encoded)
        self._published += len(encoded)

    def go(self) -> None:
        """Let the workers go on."""
        for worker in self.workers:
            worker.thaw()

    def publish_at(self, stream: Stream, rate: float) -> float:
        """Publish so many a second while the workers work; return how many it really were."""
        encoded = self._publisher.encode(stream)
        started = monotonic()
        self._publisher.publish_at(self.topic, encoded, rate)
        self._published += stream.count
        return stream.count / (monotonic() - started)

    def publish_before(self, stream: Stream) -> None:
        """Publish while there is no worker yet, without holding it all in memory."""
        encoder = self._publisher.encoder
        self._publisher.publish(self.topic, ((grade, encoder.encode(grade)) for grade in stream))
        self._published += stream.count

    def is_done(self) -> bool:
        """Return whether the group has committed all that was published."""
        return self.committed() >= self._published

    def committed(self) -> int:
        """Return how many messages of the topic the group has settled."""
        if any(worker.has_ended for worker in self.workers):
            raise RuntimeError(f"{self.name} has ended.\n{self.tail}")
        partitions = [TopicPartition(self.topic, number) for number in range(PARTITIONS)]
        known = self._watcher.committed(partitions, timeout=10)
        return sum(max(partition.offset, 0) for partition in known)

    def usage(self) -> Usage:
        """Return what the workers have used."""
        return Usage.of_family(*(worker.pid for worker in self.workers))

    def peak(self) -> int:
        """Return the most memory that a worker has held."""
        return max(peak(worker.pid) for worker in self.workers)

    def topic_bytes(self) -> int:
        """Return how large the topic is on the broker."""
        logs = Path(self._kafka.place, "log").glob(f"{self.topic}-*/*.log")
        return sum(file.stat().st_size for file in logs)

    def close(self) -> None:
        """End the workers, and delete the topic."""
        for worker in self.workers:
            worker.kill()
        self._watcher.close()
        delete_topics(self._kafka, self.topic)

    def wait_until_done(self, patience: float = _PATIENCE) -> None:
        """Wait until all is committed."""
        self.wait_for_committed(self._published, patience)

    def wait_for_committed(self, count: int, patience: float = _PATIENCE) -> None:
        """Wait until so many messages are committed."""
        until = monotonic() + patience
        while self.committed() < count:
            if monotonic() > until:
                raise RuntimeError(f"{self.name} doesn't get on.\n{self.tail}")
            sleep(0.05)

    def _wait_for_members(self) -> None:
        """Wait until the group has agreed on who has which partitions."""
        admin = AdminClient({**self._kafka.client_config(), "log_level": 0})
        until = monotonic() + _PATIENCE
        while not self._is_agreed(admin):
            if monotonic() > until or any(worker.has_ended for worker in self.workers):
                raise RuntimeError(f"{self.name} doesn't join its group.\n{self.tail}")
            sleep(0.1)

    def _is_agreed(self, admin: AdminClient) -> bool:
        with suppress(KafkaException):
            group = admin.describe_consumer_groups([self._group])[self._group].result()
            shares = [
                [each for each in member.assignment.topic_partitions if each.topic == self.topic]
                for member in group.members
            ]
            is_shared = all(shares) and sum(map(len, shares)) == PARTITIONS
            is_full = len(shares) == len(self.workers)
            return is_full and is_shared and group.state == ConsumerGroupState.STABLE
        return False
