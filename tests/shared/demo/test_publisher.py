"""What is planned is published, byte for byte, and the observer sees where it landed."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from threading import Thread
from time import monotonic, sleep

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from edx_event_bus_kafka.internal.config import get_schema_registry_client

from shared.demo import poison
from shared.demo.bus import embedded_bus
from shared.demo.observer import Observer
from shared.demo.publisher import Publisher
from shared.demo.stream import Place
from shared.embedded.bus import PARTITIONS, Bus
from shared.kafka.config import full_topic, schema_registry_client
from shared.kafka.polled import to_message
from tests.processes import wait_until

TOPIC = "demo-1-books"


@pytest.fixture
def bus() -> Iterator[Bus]:
    """Run a bus with one topic."""
    with embedded_bus("demo-1", ["books"]) as running:
        yield running
        get_schema_registry_client().close()  # the stock producer's, which it never closes


def publish(bus, stream, *, settled=lambda: 10**9):
    """Publish a stream as fast as it goes."""
    publisher = Publisher(bootstrap_servers=bus.bootstrap_servers, rate=0, settled=settled)
    publisher.publish(stream)
    return publisher


def consume(bus, count):
    """Return so many messages of the topic."""
    config = {"bootstrap.servers": bus.bootstrap_servers, "group.id": "tests", "log_level": 0}
    consumer = Consumer(config)
    consumer.assign([TopicPartition(TOPIC, n, OFFSET_BEGINNING) for n in range(PARTITIONS)])
    messages = consumer.consume(count, 10)
    consumer.close()
    return messages


def test_the_same_event_again_is_the_same_message(bus, book, plan):
    """A redelivery: key, value, headers and partition are equal, only the offset isn't."""
    publish(bus, [plan(book(1)), plan(book(1))])
    one, same = consume(bus, 2)
    assert (one.key(), one.value(), one.headers()) == (same.key(), same.value(), same.headers())
    assert (one.partition(), one.offset() + 1) == (same.partition(), same.offset())


def test_a_good_value_in_a_bad_message_has_a_registered_schema(bus, book, plan):
    """So that its headers alone are what is wrong."""
    publish(bus, [plan(poison.no_time(book(1), Random(1)))])
    (message,) = consume(bus, 1)
    schema_id = int.from_bytes(message.value()[1:5], "big")
    with schema_registry_client() as registry:
        assert "BookData" in registry.get_schema(schema_id).schema_str


def test_a_null_value_is_published_as_one(bus, book, plan):
    """A tombstone."""
    publish(bus, [plan(poison.null_value(book(1), Random(1)))])
    (message,) = consume(bus, 1)
    assert message.value() is None


def test_the_observer_says_where_messages_landed(bus, book, plan):
    """Every planned message in its order, a redelivery at a place of its own, each by its hash."""
    stream = [plan(book(1)), plan(poison.null_value(book(2), Random(1))), plan(book(1))]
    observer = Observer(bootstrap_servers=bus.bootstrap_servers, topics=[TOPIC])
    watching = Thread(target=observer.watch)
    watching.start()
    publish(bus, stream)
    until = monotonic() + 10
    while len(observer.published_at) < 3 and monotonic() < until:
        sleep(0.01)
    observer.stop()
    watching.join()
    landed = list(observer.landed(stream))
    assert [planned for planned, _ in landed] == stream
    assert {place for _, place in landed} == observer.published_at.keys()
    assert landed[0].place < landed[2].place
    messages = [to_message(raw) for raw in consume(bus, 3)]
    assert observer.hashes == {Place.of(message): hash(message) for message in messages}


def test_the_publisher_does_not_run_away(bus, book, plan, monkeypatch):
    """It waits for the workers when too much is under way, and can be stopped then."""
    monkeypatch.setattr("shared.demo.publisher._MOST_UNDER_WAY", 2)
    publisher = Publisher(bootstrap_servers=bus.bootstrap_servers, rate=0, settled=lambda: settled)
    settled = 0
    publishing = Thread(target=publisher.publish, args=[[plan(book(1))] * 9])
    publishing.start()
    wait_until(lambda: publisher.published == 3, "what may be under way")
    sleep(0.1)
    publisher.stop()
    publishing.join(10)
    assert publisher.published == 3


def test_settings_lead_to_the_bus_and_back(settings, bus):
    """Afterwards they are what they were."""
    assert full_topic("books") == TOPIC
    with embedded_bus("demo-2", []):
        assert full_topic("books") == "demo-2-books"
    assert bus.bootstrap_servers == settings.EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS
