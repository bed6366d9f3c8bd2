"""The contestants' processes and how their rate is taken.

The contestant joins its group and settles a few events. Then it is stopped (SIGSTOP) while the
stream is published, so that the publisher takes no part in the race; the clock runs from its
continuation until the group's committed offsets say that all are settled.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic, sleep

from confluent_kafka import Consumer, Producer, TopicPartition

PARTITIONS = 4
_TIMEOUT = 300.0


@dataclass(frozen=True)
class Encoded:
    """A message ready for any topic."""

    key: bytes
    value: bytes
    headers: list[tuple[str, str | bytes | None]]


@dataclass(frozen=True)
class Contestant:
    """A way to consume: its command line after ``manage.py``, and its environment."""

    name: str
    command: Callable[[str, str], list[str]]
    environment: dict[str, str]


# The embedded broker lets a fetch that found nothing wait its whole time, whatever arrives
# meanwhile; a real one answers at once. The stock consumer takes no such options.
_EMBEDDED = {"session.timeout.ms": 6000, "fetch.wait.max.ms": 10}

OURS = Contestant(
    "this worker",
    lambda topic, group: ["run_consumers", "credentials_grades_sync"],
    {"EVENT_SYNC_KAFKA_CONSUMER_CONFIG": json.dumps(_EMBEDDED)},
)
STOCK = Contestant(
    "stock consumer, update_or_create",
    lambda topic, group: ["consume_events", "-t", topic, "-g", group],
    {
        "EVENT_BUS_CONSUMER": "edx_event_bus_kafka.KafkaEventConsumer",
        "BENCHMARK_CONTESTANT": "stock",
        # The rooms act in their own worker only, so this process writes with its receiver alone.
        "EVENT_SYNC_CARRIER": "worker",
    },
)
TOPIC = "learning-course-grade-lifecycle"
GROUP = "credentials_grades_sync"


class Contest:
    """One broker, one database, one stream; a fresh topic for each round."""

    def __init__(self, bootstrap_servers: str, environment: dict[str, str]) -> None:
        self._servers = bootstrap_servers
        self._environment = environment
        self._producer = Producer(
            {"bootstrap.servers": bootstrap_servers, "queue.buffering.max.messages": 1_000_000}
        )

    def rate(self, contestant: Contestant, messages: Sequence[Encoded], prefix: str) -> float:
        """Return events per second of one contestant on these messages."""
        topic = f"{prefix}-{TOPIC}"
        environment = {
            **os.environ,
            **self._environment,
            **contestant.environment,
            "EVENT_BUS_TOPIC_PREFIX": prefix,
            "LOG_LEVEL": "ERROR",
        }
        group = GROUP if contestant is OURS else f"{prefix}-{GROUP}"
        command = [sys.executable, "manage.py", *contestant.command(TOPIC, group)]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        offsets = _Offsets(self._servers, topic, group)
        try:
            published = self._warm_up(process, offsets, topic, messages[0])
            process.send_signal(signal.SIGSTOP)
            self._publish(topic, messages)
            published += len(messages)
            process.send_signal(signal.SIGCONT)
            started = monotonic()
            self._wait(process, lambda: offsets.committed() >= published)
            return len(messages) / (monotonic() - started)
        finally:
            process.terminate()
            process.wait()
            offsets.close()

    def _warm_up(
        self, process: subprocess.Popen[bytes], offsets: _Offsets, topic: str, message: Encoded
    ) -> int:
        """Publish until the contestant has settled it, for the stock consumer starts at the end.

        Returns how many messages the topic holds then.
        """
        published = 0

        def is_warm() -> bool:
            nonlocal published
            self._publish(topic, [message])
            published += 1
            sleep(0.2)
            return offsets.committed() > 0

        self._wait(process, is_warm)
        self._wait(process, lambda: offsets.committed() >= published)
        return published

    def _publish(self, topic: str, messages: Sequence[Encoded]) -> None:
        for message in messages:
            self._producer.produce(
                topic, key=message.key, value=message.value, headers=message.headers
            )
        self._producer.flush()

    @staticmethod
    def _wait(process: subprocess.Popen[bytes], is_done: Callable[[], bool]) -> None:
        until = monotonic() + _TIMEOUT
        while not is_done():
            if process.poll() is not None:
                raise RuntimeError(f"The contestant ended with status {process.returncode}.")
            if monotonic() > until:
                raise RuntimeError("The contestant made no progress.")
            sleep(0.01)


class _Offsets:
    """A group's committed offsets, looked at from outside."""

    def __init__(self, servers: str, topic: str, group: str) -> None:
        self._consumer = Consumer({"bootstrap.servers": servers, "group.id": group})
        self._partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]

    def committed(self) -> int:
        """Return how many messages of the topic the group has settled."""
        known = self._consumer.committed(self._partitions, timeout=10)
        return sum(max(partition.offset, 0) for partition in known)

    def close(self) -> None:
        """Close the connection."""
        self._consumer.close()
