"""Misconfiguration as Django system checks: what can be found without a broker, with a hint."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning, register

from shared import registry
from shared.conf import get_settings, problems
from shared.consumer import Consumer, Route
from shared.event_schemas import field_at, generated_from
from shared.exceptions import ConfigurationError
from shared.hosts import HostDestination
from shared.setting_values import Carrier
from shared.superseding import not_superseded

_STOCK_CONSUMERS = (
    "edx_event_bus_kafka.KafkaEventConsumer",
    "edx_event_bus_redis.RedisEventConsumer",
)
_SHARED_SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 3,
    "init_command": "PRAGMA journal_mode=WAL;",
}
"""What lets several processes write to one file in turn."""


def register_checks() -> None:
    """Make the checks part of ``manage.py check``."""
    register(check_settings)
    register(check_carrier)
    register(check_hosts)
    register(check_superseded)
    register(check_bus)
    register(check_event_keys)
    register(check_sqlite)
    register(check_time_zones)


def check_settings(**_: Any) -> list[CheckMessage]:
    """Find unknown and ill-typed settings, consumers without a destination, bad filters."""
    found = list(problems())
    if found:
        return [_error(problem, "E001") for problem in found]
    return [_error(problem, "E002") for problem in _unusable_consumer_settings()]


def check_hosts(**_: Any) -> list[CheckMessage]:
    """Find what a destination relies on in its host and doesn't find, and its bad options."""
    return [
        _error(problem, "E007")
        for _, destination in _in_hosts()
        for problem in destination.problems()
    ]


def check_superseded(**_: Any) -> list[CheckMessage]:
    """Find a receiver that a room replaces in its host, and that the host doesn't have."""
    return [
        _not_superseded(consumer.name, path)
        for consumer, _ in _in_hosts()
        for path in not_superseded(consumer)
    ]


def check_carrier(**_: Any) -> list[CheckMessage]:
    """Find a stock consumer whose events no room would settle."""
    stock = getattr(django_settings, "EVENT_BUS_CONSUMER", None) in _STOCK_CONSUMERS
    if not _is_readable() or not stock or get_settings().carrier != Carrier.WORKER:
        return []
    return [
        Warning(
            "EVENT_BUS_CONSUMER is a stock consumer, yet the rooms act inside their worker only.",
            hint="Set it to shared.kafka.BatchingKafkaConsumer, use run_consumers, or set "
            "EVENT_SYNC['CARRIER'] = 'signal'.",
            id="event_sync.W001",
        )
    ]


def check_bus(**_: Any) -> list[CheckMessage]:
    """Find what keeps a worker from starting: a bad registry address, a missing Avro part."""
    from shared.kafka import config

    messages: list[CheckMessage] = []
    if getattr(django_settings, "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL", None):
        try:
            config.registry_url()
        except ConfigurationError as error:
            messages.append(_error(error, "E003"))
    if not _has_avro_parts():
        messages.append(
            Error(
                "confluent-kafka lacks its Avro parts.",
                hint="pip install 'confluent-kafka[avro,schemaregistry]'",
                id="event_sync.E006",
            )
        )
    if _is_readable():
        taken = sorted(set(get_settings().kafka_consumer_config) & set(config.OURS))
        messages += [
            Error(
                f"EVENT_SYNC['KAFKA_CONSUMER_CONFIG'] sets {name!r}.",
                hint="Leave it out: the worker sets it.",
                id="event_sync.E004",
            )
            for name in taken
        ]
    return messages


def check_event_keys(**_: Any) -> list[CheckMessage]:
    """Find events that have no schema, or whose keys would not meet in one partition."""
    messages: list[CheckMessage] = []
    for room in registry.rooms():
        for topic in room.topics:
            routes = [r for c in room.consumers if c.topic == topic for r in c.routes]
            try:
                schemas = {_key_schema(route) for route in routes}
            except ConfigurationError as problem:
                messages.append(_error(problem, "E009"))
                continue
            if len(schemas) > 1 or None in schemas:
                messages.append(_differing_keys(room.name, topic, routes))
    return messages


def check_sqlite(**_: Any) -> list[CheckMessage]:
    """Find SQLite without what several processes need to share it."""
    return [
        Warning(
            f"Database {alias!r} is SQLite with deferred transactions.",
            hint="Without more a second process makes transactions fail at their first write. "
            f"Set its OPTIONS to {_SHARED_SQLITE}.",
            id="event_sync.W002",
        )
        for alias, config in django_settings.DATABASES.items()
        if config["ENGINE"] == "django.db.backends.sqlite3"
        and config.get("OPTIONS", {}).get("transaction_mode") != "IMMEDIATE"
    ]


def check_time_zones(**_: Any) -> list[CheckMessage]:
    """Find a service whose times have no zone: which of two events is newer could not be told."""
    from shared.kafka import config

    try:
        config.require_time_zones()
    except ConfigurationError as error:
        return [_error(error, "E008")]
    return []


def _in_hosts() -> Iterator[tuple[Consumer, HostDestination[Any, Any]]]:
    """Yield the consumers that write to a host's own tables, each with its destination."""
    for consumer in (consumer for room in registry.rooms() for consumer in room.consumers):
        with suppress(ConfigurationError):  # check_settings says so
            destination = get_settings().destination_of(consumer.name)
            if isinstance(destination, HostDestination):
                yield consumer, destination


def _unusable_consumer_settings() -> Iterator[ConfigurationError]:
    settings = get_settings()
    names = [consumer.name for room in registry.rooms() for consumer in room.consumers]
    for name in names:
        for ask in (settings.destination_of, settings.filters_of):
            try:
                ask(name)
            except ConfigurationError as problem:
                yield problem
    yield from unknown_names()


def unknown_names() -> Iterator[ConfigurationError]:
    """Yield the names in settings that no consumer, or no room, has: what they say is unheard.

    A worker would write what a filter refuses, or live what is to be shadow, or in a new group.
    """
    consumers = [consumer.name for room in registry.rooms() for consumer in room.consumers]
    rooms = [room.name for room in registry.rooms()]
    for setting, kind, names in (
        ("DESTINATION_OPTIONS", "consumer", consumers),
        ("FILTERS", "consumer", consumers),
        ("GROUPS", "room", rooms),
        ("MODES", "consumer", consumers),
    ):
        for name in getattr(get_settings(), setting.lower()):
            if name not in names:
                yield ConfigurationError(
                    f"EVENT_SYNC[{setting!r}] names {name!r}, which is no installed {kind}.",
                    hint=f"Installed: {', '.join(names)}.",
                )


def _is_readable() -> bool:
    return not list(problems())


def _has_avro_parts() -> bool:
    try:
        importlib.import_module("confluent_kafka.schema_registry.avro")
    except ImportError:
        return False
    return True


def _key_schema(route: Route) -> str | None:
    """Return the key's schema as the stock producer registers it: the field, its name included.

    Raises ``ConfigurationError``.
    """
    found = field_at(generated_from(route.signal), route.key_field)
    return None if found is None else str(found)


def _differing_keys(room: str, topic: str, routes: list[Route]) -> CheckMessage:
    keys = ", ".join(f"{route.signal.event_type}: {route.key_field}" for route in routes)
    return Error(
        f"Room {room}: the events on topic {topic!r} have keys of different schemas ({keys}).",
        hint="Events that must stay in order need key fields of the same name and type, for the "
        "key's bytes hold the id of that schema.",
        id="event_sync.E005",
    )


def _not_superseded(consumer: str, path: str) -> CheckMessage:
    return Warning(
        f"Consumer {consumer!r} supersedes {path}, which receives none of its events.",
        hint="Did the host rename it? Under another name it would do the consumer's work as well.",
        id="event_sync.W003",
    )


def _error(problem: ConfigurationError, number: str) -> CheckMessage:
    return Error(problem.message, hint=problem.hint, id=f"event_sync.{number}")
