"""An embedded broker and registry, the stock producer, and the real worker in the test's thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from threading import Event as Flag
from threading import Thread
from time import monotonic
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition
from django.db import connection
from django.test import override_settings
from django.utils import timezone
from edx_event_bus_kafka import create_producer
from edx_event_bus_kafka.internal.config import get_schema_registry_client
from openedx_events.tooling import OpenEdxPublicSignal

from shared.conf import get_settings
from shared.consumer import Room
from shared.embedded import EmbeddedBroker, EmbeddedRegistry
from shared.embedded.bus import Bus
from shared.exceptions import ConfigurationError
from shared.kafka.config import full_topic, schema_registry_client
from shared.kafka.decoding import Decoder
from shared.kafka.worker import Worker
from shared.testing.bus import places_of
from shared.testing.delivery import deliver_parked

PARTITIONS = 2
"""Of each topic."""
PATIENCE = 30.0
"""So many seconds a run may take."""

_PAUSE = 0.05
_QUICK = {
    "session.timeout.ms": 1500,
    "heartbeat.interval.ms": 300,
    "fetch.wait.max.ms": 50,
}
"""What lets the embedded broker, which waits for the session timeout, hand over soon."""


class EmbeddedBus:
    """Publish events with the stock producer, then let a room's worker take them."""

    def __init__(self, broker: EmbeddedBroker) -> None:
        self.bootstrap_servers = broker.bootstrap_servers
        self._broker = broker
        self._topics: set[str] = set()

    def publish(
        self, signal: OpenEdxPublicSignal, *, time: datetime | None = None, **data: Any
    ) -> None:
        """Put an event on the bus and wait until the broker has it; see ``InMemoryBus.publish``."""
        metadata = signal.generate_signal_metadata(time=time or timezone.now())
        producer = create_producer()
        for topic, key_field in places_of(signal):
            self._create(topic)
            producer.send(
                signal=signal,
                topic=topic,
                event_key_field=key_field,
                event_data=data,
                event_metadata=metadata,
            )
        producer.prepare_for_shutdown()

    def run(self, room: Room) -> None:
        """Let the room's worker take everything, and retry what waits for what then came.

        Needs a database to which it may commit (``transactional_db``). Raises what ends a worker,
        and ``TimeoutError``.
        """
        connection.ensure_connection()  # what pytest-django says of a test that has none is clear
        if connection.in_atomic_block:
            raise ConfigurationError(
                "The worker commits, and this test's database is in a transaction.",
                hint="Use the fixture transactional_db, or django_db(transaction=True).",
            )
        for topic in room.topics:
            self._create(topic)
        worker = Worker(room)
        watch = _Watch(worker, self.bootstrap_servers)
        with watch.watching():
            worker.run()
        if not watch.has_seen_the_end:
            raise TimeoutError(f"The worker of {room.name} didn't reach the end of its topics.")
        with schema_registry_client() as registry:
            while deliver_parked(room, Decoder(registry).decode).endings:
                pass

    def _create(self, topic: str) -> None:
        if topic not in self._topics:
            self._broker.create_topic(full_topic(topic))
            self._topics.add(topic)


class _Watch:
    """Stops a worker when its group has committed all there is."""

    def __init__(self, worker: Worker, bootstrap_servers: str) -> None:
        self.has_seen_the_end = False
        self._worker = worker
        self._is_over = Flag()
        self._config = {
            "bootstrap.servers": bootstrap_servers,
            "group.id": worker.group,
            "log_level": 0,
        }

    @contextmanager
    def watching(self) -> Iterator[None]:
        thread = Thread(target=self._watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            thread.join()

    def _watch(self) -> None:
        patience = monotonic() + PATIENCE
        client = Consumer(self._config)
        try:
            while not (self.has_seen_the_end or self._is_over.wait(_PAUSE)):
                if monotonic() > patience:
                    break
                self.has_seen_the_end = self._is_at_the_end(client)
        finally:
            client.close()
            self._worker.stop()

    def _is_at_the_end(self, client: Consumer) -> bool:
        places = [
            TopicPartition(topic, number)
            for topic in self._worker.topics
            for number in range(PARTITIONS)
        ]
        try:
            ends = [client.get_watermark_offsets(place, PATIENCE)[1] for place in places]
            committed = [each.offset for each in client.committed(places, timeout=PATIENCE)]
        except KafkaException:  # a broker that is busy is asked again
            return False
        return all(done >= end for done, end in zip(committed, ends, strict=True) if end)


@contextmanager
def running_bus() -> Iterator[EmbeddedBus]:
    """Run a bus, with this process's settings leading there.

    Raises ``EmbeddedBrokerUnavailable``.
    """
    settings = get_settings()
    event_sync = {each.name.upper(): getattr(settings, each.name) for each in fields(settings)}
    config = {**settings.kafka_consumer_config, **_QUICK}
    with EmbeddedBroker(PARTITIONS) as broker, EmbeddedRegistry() as registry:
        bus = Bus(
            bootstrap_servers=broker.bootstrap_servers,
            registry_url=registry.url,
            prefix="tests",
            topics=(),
        )
        with (
            override_settings(
                **bus.upstream_settings,
                EVENT_SYNC={**event_sync, "KAFKA_CONSUMER_CONFIG": config},
            ),
            get_schema_registry_client(),  # the stock producer's, which it never closes
        ):
            yield EmbeddedBus(broker)
