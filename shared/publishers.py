"""Which services publish which events: what the rooms' ``producers`` add to their settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeAlias

from django.apps import apps

from shared import registry
from shared.exceptions import ConfigurationError

ProducerConfig: TypeAlias = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""By event type and topic, as ``EVENT_BUS_PRODUCER_CONFIG`` has it."""

Place: TypeAlias = tuple[str, str, str]
"""An event type, a topic and a key field."""

_PRODUCERS = ".producers"


@dataclass(frozen=True, kw_only=True, slots=True)
class Publisher:
    """A service that publishes an event by what a room's ``package`` adds to its settings.

    ``enabled`` is what the package says; the service's operator has the last word.
    """

    service: str
    package: str
    enabled: bool


def publishers() -> Iterator[tuple[Place, Publisher]]:
    """Yield who publishes what and where. Raises ``ConfigurationError``."""
    for package in _packages():
        for service, config in _configs_of(package).items():
            for place, enabled in places(config):
                yield place, Publisher(service=service, package=package, enabled=enabled)


def places(config: ProducerConfig) -> Iterator[tuple[Place, bool]]:
    """Yield what a producer configuration has, and whether it is enabled."""
    for event_type, topics in config.items():
        for topic, entry in topics.items():
            if key_field := entry.get("event_key_field"):  # nothing is published without one
                yield (event_type, topic, key_field), bool(entry.get("enabled"))


def _packages() -> list[str]:
    """Return where producers may be: beside a room, and where one is installed without its room."""
    beside = {f"{room.name}{_PRODUCERS}" for room in registry.rooms()}
    return sorted(beside | {a.name for a in apps.get_app_configs() if a.name.endswith(_PRODUCERS)})


def _configs_of(package: str) -> Mapping[str, ProducerConfig]:
    """Return a package's configuration by service; a room needn't have producers."""
    name = f"{package}.settings"
    try:
        module = import_module(name)
        configs: Mapping[str, ProducerConfig] = module.BY_SERVICE
    except ModuleNotFoundError as error:
        if error.name and name.startswith(error.name):
            return {}
        raise
    except AttributeError:
        raise ConfigurationError(
            f"{name} doesn't say which service publishes what.",
            hint="Add BY_SERVICE to it: a producer configuration by the name of each service.",
        ) from None
    return configs
