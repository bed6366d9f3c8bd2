"""Topics on the broker; the one module here that needs the project's dependencies."""

from __future__ import annotations

from typing import Any

from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

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


def delete_topics(kafka: Kafka, *names: str) -> None:
    """Delete topics with their messages."""
    admin = _admin(kafka)
    for gone in admin.delete_topics(list(names), operation_timeout=_SECONDS).values():
        gone.result(_SECONDS)


def _admin(kafka: Kafka) -> AdminClient:
    """Return a client that has to be held until its answers are there."""
    return AdminClient({**kafka.client_config(), "log_level": 0})
