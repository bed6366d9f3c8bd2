"""Topics and groups on the broker; the one module here that needs the project's dependencies."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from time import monotonic, sleep
from typing import Any, cast

from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    NewPartitions,
    NewTopic,
)

from tests.services.kafka import Kafka

_SECONDS = 30.0
# What a test has published stays, whatever its timestamp says.
_FOR_EVER = {"retention.ms": "-1", "retention.bytes": "-1"}


def create_topics(kafka: Kafka, *names: str, partitions: int = 4, **config: str) -> None:
    """Make topics whose messages are never deleted; ``config`` has ``_`` in place of dots."""
    admin = _admin(kafka)
    options: dict[str, Any] = {key.replace("_", "."): value for key, value in config.items()}
    wanted = [NewTopic(name, partitions, 1, config=_FOR_EVER | options) for name in names]
    for made in admin.create_topics(wanted, operation_timeout=_SECONDS).values():
        made.result(_SECONDS)


def grow_topic(kafka: Kafka, name: str, partitions: int) -> None:
    """Give a topic more partitions: so many in all."""
    admin = _admin(kafka)
    wanted = [NewPartitions(name, partitions)]
    for grown in admin.create_partitions(wanted, operation_timeout=_SECONDS).values():
        grown.result(_SECONDS)


def delete_topics(kafka: Kafka, *names: str) -> None:
    """Delete topics with their messages."""
    admin = _admin(kafka)
    for gone in admin.delete_topics(list(names), operation_timeout=_SECONDS).values():
        gone.result(_SECONDS)


def place_group(kafka: Kafka, group: str, topic: str, offsets: Mapping[int, int]) -> None:
    """Commit offsets, by partition, for a group without members."""
    admin = _admin(kafka)
    partitions = [TopicPartition(topic, number, offset) for number, offset in offsets.items()]
    wanted = [ConsumerGroupTopicPartitions(group, partitions)]
    until = monotonic() + _SECONDS
    # The coordinator of groups hears of a new topic a little later, and may itself be new.
    while error := _refusal(admin.alter_consumer_group_offsets(wanted, request_timeout=5)[group]):
        if monotonic() > until:
            raise KafkaException(error)
        sleep(0.05)


def _refusal(placed: Future[ConsumerGroupTopicPartitions]) -> KafkaError | None:
    try:
        partitions = placed.result(_SECONDS).topic_partitions or ()
    except KafkaException as error:
        return cast(KafkaError, error.args[0])
    return next((each.error for each in partitions if each.error), None)


def _admin(kafka: Kafka) -> AdminClient:
    """Return a client that has to be held until its answers are there."""
    return AdminClient({**kafka.client_config(), "log_level": 0})
