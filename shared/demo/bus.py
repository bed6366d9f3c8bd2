"""The demo's bus: an embedded broker and registry, and the settings that lead there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings as django_settings
from django.core.signals import setting_changed

from shared.embedded import EmbeddedBroker, EmbeddedRegistry

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
        return dict(list(self.upstream_settings.items())[:3])


@contextmanager
def embedded_bus(prefix: str, topics: Iterable[str]) -> Iterator[Bus]:
    """Run a bus with these topics (named without prefix), and point this process's settings to it.

    Raises ``EmbeddedBrokerUnavailable``.
    """
    with EmbeddedBroker(PARTITIONS) as broker, EmbeddedRegistry() as registry:
        bus = Bus(
            bootstrap_servers=broker.bootstrap_servers,
            registry_url=registry.url,
            prefix=prefix,
            topics=tuple(f"{prefix}-{topic}" for topic in topics),
        )
        for topic in bus.topics:
            broker.create_topic(topic)
        with overridden(bus.upstream_settings):
            yield bus


@contextmanager
def overridden(values: Mapping[str, Any]) -> Iterator[None]:
    """Set Django settings while the block runs.

    The stock producer can be configured by nothing else, and the ports aren't known before. The
    signal lets upstream, and us, forget what is cached.
    """
    before = {name: getattr(django_settings, name, None) for name in values}
    _assign(values)
    try:
        yield
    finally:
        _assign(before)


def _assign(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(django_settings, name, value)
        setting_changed.send(
            sender=django_settings.__class__, setting=name, value=value, enter=True
        )
