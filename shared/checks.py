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
from shared.consistency import differing_keys, missing_schemas, unknown_names
from shared.consumer import Consumer
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
    return [
        *(_error(problem, "E009") for problem in missing_schemas()),
        *(_error(problem, "E005") for problem in differing_keys()),
    ]


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
    for consumer in registry.consumers():
        with suppress(ConfigurationError):  # check_settings says so
            destination = get_settings().destination_of(consumer.name)
            if isinstance(destination, HostDestination):
                yield consumer, destination


def _unusable_consumer_settings() -> Iterator[ConfigurationError]:
    settings = get_settings()
    for consumer in registry.consumers():
        for ask in (settings.destination_of, settings.filters_of):
            try:
                ask(consumer.name)
            except ConfigurationError as problem:
                yield problem
    yield from unknown_names()


def _is_readable() -> bool:
    return not list(problems())


def _has_avro_parts() -> bool:
    try:
        importlib.import_module("confluent_kafka.schema_registry.avro")
    except ImportError:
        return False
    return True


def _not_superseded(consumer: str, path: str) -> CheckMessage:
    return Warning(
        f"Consumer {consumer!r} supersedes {path}, which receives none of its events.",
        hint="Did the host rename it? Under another name it would do the consumer's work as well.",
        id="event_sync.W003",
    )


def _error(problem: ConfigurationError, number: str) -> CheckMessage:
    return Error(problem.message, hint=problem.hint, id=f"event_sync.{number}")
