"""Puts a stream on a topic: before a race, or at a rate while one is run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from time import monotonic, sleep

from confluent_kafka import Producer

from tests.benchmark.stream import Encoded, Encoder, Grade

_QUEUE = 1_000_000


class Publisher:
    """A producer with librdkafka's own options, as edx-event-bus-kafka's is."""

    def __init__(self, bootstrap_servers: str) -> None:
        config = {
            "bootstrap.servers": bootstrap_servers,
            "queue.buffering.max.messages": _QUEUE,
            "log_level": 0,
        }
        self._producer = Producer(config)
        self.encoder = Encoder()

    def encode(self, grades: Iterable[Grade]) -> list[tuple[Grade, Encoded]]:
        """Return grades with their bytes, so that to publish them takes no time."""
        return [(grade, self.encoder.encode(grade)) for grade in grades]

    def publish(self, topic: str, grades: Iterable[tuple[Grade, Encoded]]) -> None:
        """Publish as fast as it goes, and wait for the broker."""
        for grade, message in grades:
            self._produce(topic, message, grade.time)
        self._flush()

    def publish_at(self, topic: str, grades: list[tuple[Grade, Encoded]], rate: float) -> None:
        """Publish so many a second; the time of each event is that of its sending."""
        started = monotonic()
        for number, (_, message) in enumerate(grades):
            if (ahead := started + number / rate - monotonic()) > 0:
                self._producer.poll(0)
                sleep(ahead)
            self._produce(topic, message, datetime.now(UTC))
        self._flush()

    def _produce(self, topic: str, message: Encoded, time: datetime) -> None:
        headers = self.encoder.headers(time)
        while True:
            try:
                self._producer.produce(topic, key=message.key, value=message.value, headers=headers)
            except BufferError:
                self._producer.poll(0.1)
            else:
                return

    def _flush(self) -> None:
        if left := self._producer.flush(60):
            raise RuntimeError(f"The broker has not taken {left} messages.")
