"""A worker's turns on an embedded broker, one batch of a known size in each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import Any

import confluent_kafka
import pytest
from confluent_kafka import Producer
from django.utils import timezone
from edx_event_bus_kafka.internal.config import get_schema_registry_client

from shared.consumer import Room
from shared.embedded import EmbeddedBroker, EmbeddedRegistry
from shared.kafka.config import schema_registry_client
from shared.kafka.worker import Worker
from shared.messages import Message
from tests.cluster import CONSUMER_CONFIG
from tests.processes import PATIENCE
from tests.shared.costs.client import Feed, Meter, SteadyClient
from tests.shared.costs.spying import put_instead
from tests.wire import NOW, Wire

LARGEST = 1_000
"""No batch is larger."""


class Registry(EmbeddedRegistry):
    """Remembers which schemas it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """Answer, and remember."""
        if method == "GET":
            self.asked.append(path)
        return super().answer(method, path, body)


@pytest.fixture
def frozen_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be the same minute all the time: the first two batches of a minute have more to do."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def registry() -> Iterator[Registry]:
    """A schema registry."""
    with Registry() as running:
        yield running


@pytest.fixture
def broker(settings: Any, registry: Registry) -> Iterator[EmbeddedBroker]:
    """A broker; the settings lead to it and to the registry."""
    with EmbeddedBroker(partitions=1) as broker:
        settings.EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS = broker.bootstrap_servers
        settings.EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL = registry.url
        settings.EVENT_SYNC = settings.EVENT_SYNC | {
            "BATCH_SIZE": LARGEST,
            "KAFKA_CONSUMER_CONFIG": CONSUMER_CONFIG,
        }
        yield broker


@pytest.fixture
def wire(registry: Registry, broker: EmbeddedBroker) -> Iterator[Wire]:
    """Messages as the stock producer makes them; settings must not change from now on."""
    with get_schema_registry_client(), schema_registry_client() as client:
        yield Wire(registry, client)


TakeTurns = Callable[..., list[Any]]


@pytest.fixture
def take_turns(
    transactional_db: None,
    frozen_clock: None,
    broker: EmbeddedBroker,
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
) -> TakeTurns:
    """Let a worker of a room take batches, one a turn; return what a meter says of each."""

    def take(
        room: Room,
        batches: Sequence[Sequence[Message]],
        meter: Meter,
        before: dict[int, Callable[[], object]] | None = None,
    ) -> list[Any]:
        publish(broker, [message for batch in batches for message in batch])
        worker = Worker(room)
        feed = Feed([*map(len, batches)], meter, before=before or {}, stop=worker.stop)
        put_instead(monkeypatch, confluent_kafka.Consumer, partial(SteadyClient, feed))
        with closing(feed):
            worker.run()
        assert feed.clients == 1, "The worker polls by something else than confluent's Consumer."
        assert len(feed.turns) == len(batches), "The worker didn't get through."
        return feed.turns

    return take


def publish(broker: EmbeddedBroker, messages: Sequence[Message]) -> None:
    """Put messages on the bus, in their order."""
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "log_level": 0})
    for topic in {message.topic for message in messages}:
        broker.create_topic(topic)
    for message in messages:
        producer.produce(
            message.topic,
            message.value,
            key=message.key,
            headers=list(message.headers),
            partition=0,
            timestamp=int(NOW.timestamp() * 1000),
        )
    assert producer.flush(PATIENCE) == 0
