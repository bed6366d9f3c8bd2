"""A plan's family shares a partition, as the stock producer puts it on the bus."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from edx_event_bus_kafka import create_producer
from edx_event_bus_kafka.internal.config import get_schema_registry_client
from openedx_events.data import EventsMetadata

from shared import registry
from shared.embedded import EmbeddedBroker, EmbeddedRegistry
from shared.events.enterprise.signals import LICENSE_CREATED
from shared.testing.factories.enterprise import (
    LicensedEnrollmentFactory,
    LicenseFactory,
    SubscriptionPlanFactory,
)
from tests.enterprise_license_sync.events import ROOM, TOPIC
from tests.processes import PATIENCE

PARTITIONS = 7
"""No power of two: there, the low bits of a CRC let all pairs of keys meet, or none."""
PLANS = [UUID(int=number) for number in range(1, 9)]
FACTORIES = {
    "subscription_plan": SubscriptionPlanFactory,
    "license": LicenseFactory,
    "licensed_enrollment": LicensedEnrollmentFactory,
}


@pytest.fixture
def broker(settings) -> Iterator[EmbeddedBroker]:
    """A broker with the topic, and a registry that takes the same text for the same schema."""
    with EmbeddedBroker(PARTITIONS) as broker, EmbeddedRegistry() as schemas:
        broker.create_topic(TOPIC)
        settings.EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS = broker.bootstrap_servers
        settings.EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL = schemas.url
        settings.EVENT_BUS_TOPIC_PREFIX = None
        yield broker
        get_schema_registry_client().close()  # the stock producer's, which it never closes


def send(events) -> None:
    """Send events, each with its signal and key field, as a service does; wait until it's done."""
    producer = create_producer()
    for signal, key_field, data in events:
        producer.send(
            signal=signal,
            topic=TOPIC,
            event_key_field=key_field,
            event_data=data,
            event_metadata=EventsMetadata(event_type=signal.event_type),
        )
    producer.prepare_for_shutdown()


def partitions(broker: EmbeddedBroker, count: int) -> dict[bytes, set[int]]:
    """Return the partitions in which so many messages are, by their key."""
    config = {"bootstrap.servers": broker.bootstrap_servers, "group.id": "tests", "log_level": 0}
    consumer = Consumer(config)
    everywhere = [TopicPartition(TOPIC, n, OFFSET_BEGINNING) for n in range(PARTITIONS)]
    consumer.assign(everywhere)
    messages = consumer.consume(count, PATIENCE)
    consumer.close()
    assert [message.error() for message in messages] == [None] * count
    found: dict[bytes, set[int]] = defaultdict(set)
    for message in messages:
        found[message.key() or b""].add(message.partition() or 0)
    return found


def family(plan: UUID):
    """Return every event of the room, about one plan."""
    routes = [route for consumer in registry.get_room(ROOM).consumers for route in consumer.routes]
    for route in routes:
        (name,) = route.signal.init_data
        yield route.signal, route.key_field, {name: FACTORIES[name](plan_uuid=plan)}


def test_a_family_shares_a_partition(broker):
    """All thirteen events about a plan have one key, and with it one partition and one order."""
    events = [event for plan in PLANS for event in family(plan)]
    send(events)
    found = partitions(broker, 13 * len(PLANS))
    assert len(found) == len(PLANS)
    assert all(len(numbers) == 1 for numbers in found.values())
    assert len(set.union(*found.values())) > 1


def test_another_field_of_the_same_value_does_not_meet(broker):
    """The key's bytes hold the id of its field's schema, the field's name included."""
    events = [event for plan in PLANS for event in family(plan)]
    strangers = [
        (LICENSE_CREATED, "license.license_uuid", {"license": LicenseFactory(license_uuid=plan)})
        for plan in PLANS
    ]
    send([*events, *strangers])
    found = partitions(broker, 14 * len(PLANS))
    assert len(found) == 2 * len(PLANS)
    by_value = defaultdict(list)
    for key, numbers in found.items():
        by_value[key[5:]].append(numbers)
    assert len(by_value) == len(PLANS)
    assert any(one != other for one, other in by_value.values())
