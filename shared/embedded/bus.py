"""Both together, and the settings that lead there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from shared.embedded.broker import EmbeddedBroker
from shared.embedded.registry import EmbeddedRegistry

PARTITIONS = 4
"""Of each topic."""

_LOGIN = (
    "EVENT_BUS_KAFKA_API_KEY",
    "EVENT_BUS_KAFKA_API_SECRET",
    "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_API_KEY",
    "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_API_SECRET",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bus:
    """Where the bus is. ``prefix`` is that of its topics, which bear their full names here."""

    bootstrap_servers: str
    registry_url: str
    prefix: str
    topics: tuple[str, ...]

    @property
    def upstream_settings(self) -> Mapping[str, str]:
        """The settings, or environment variables, that lead to the bus: no TLS, no login."""
        return {
            "EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL": self.registry_url,
            "EVENT_BUS_TOPIC_PREFIX": self.prefix,
            **dict.fromkeys(_LOGIN, ""),
        }

    @property
    def addresses(self) -> Mapping[str, str]:
        """The part of the settings that a person needs to connect."""
        return {name: value for name, value in self.upstream_settings.items() if value}


@contextmanager
def running_bus(topics: Iterable[str], *, prefix: str = "") -> Iterator[Bus]:
    """Run a bus with these topics, named without prefix. Raises ``EmbeddedBrokerUnavailable``."""
    with EmbeddedBroker(PARTITIONS) as broker, EmbeddedRegistry() as registry:
        bus = Bus(
            bootstrap_servers=broker.bootstrap_servers,
            registry_url=registry.url,
            prefix=prefix,
            topics=tuple(f"{prefix}-{topic}" if prefix else topic for topic in topics),
        )
        for topic in bus.topics:
            broker.create_topic(topic)
        yield bus
