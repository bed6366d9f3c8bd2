"""Clients built from upstream's ``EVENT_BUS_*`` settings and this project's pass-through.

The one place that touches edx-event-bus-kafka's configuration.
"""

from __future__ import annotations

import logging
import os
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from edx_event_bus_kafka.internal.config import get_full_topic, load_common_settings
from edx_event_bus_kafka.internal.consumer import KAFKA_CONSUMERS_ENABLED

from shared.conf import get_settings
from shared.consistency import differing_keys, missing_schemas, unknown_names
from shared.consumer import Room
from shared.exceptions import ConfigurationError
from shared.hosts import check_destination
from shared.logging import LIBRDKAFKA
from shared.setting_values import Carrier

OURS = (
    "auto.offset.reset",
    "default.topic.config",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "group.id",
    "enable.partition.eof",
    "on_commit",
    "error_cb",
    "statistics.interval.ms",
    "stats_cb",
)
"""Options that carry the guarantees; ``EVENT_SYNC['KAFKA_CONSUMER_CONFIG']`` can't set them."""

MEMBERSHIP: dict[str, Any] = {
    "partition.assignment.strategy": "cooperative-sticky",
    "session.timeout.ms": 10_000,
    "heartbeat.interval.ms": 500,
}
"""How soon partitions change hands, unless ``EVENT_SYNC['KAFKA_CONSUMER_CONFIG']`` says otherwise.

See docs/decisions/0009-quick-hand-overs.md.
"""

FETCH_AHEAD: dict[str, Any] = {
    "queued.min.messages": 10_000,
    "queued.max.messages.kbytes": 16_384,
    "fetch.queue.backoff.ms": 50,
}
"""How much lies ready, unless ``EVENT_SYNC['KAFKA_CONSUMER_CONFIG']`` says otherwise.

Librdkafka would keep 100,000 messages of each partition, for when it has enough it doesn't look
again for a second: 50 MB more. Looking again sooner a tenth of that is enough, and as fast.
"""

full_topic = get_full_topic


def check_configuration(room: Room) -> None:
    """Raise ``ConfigurationError`` if a worker of this room would do nothing, or harm."""
    settings = get_settings()
    require_time_zones()
    if not KAFKA_CONSUMERS_ENABLED.is_enabled():
        raise ConfigurationError(
            "EVENT_BUS_KAFKA_CONSUMERS_ENABLED is off.", hint="Set it to True to let workers run."
        )
    if settings.carrier != Carrier.WORKER:
        raise ConfigurationError(
            f"EVENT_SYNC['CARRIER'] is '{settings.carrier}': no room acts in a worker then.",
            hint="Set it to 'worker', or let a stock consumer run (manage.py consume_events).",
        )
    for problem in unknown_names():
        raise problem
    for consumer in room.consumers:
        check_destination(consumer.name)
        settings.filters_of(consumer.name)
    for problem in (*missing_schemas(), *differing_keys()):
        raise problem


def require_time_zones() -> None:
    """Raise ``ConfigurationError`` where Django keeps no time zones."""
    if not django_settings.USE_TZ:
        raise ConfigurationError(
            "USE_TZ is off: times in the tables would have no time zone.", hint="Set it to True."
        )


def consumer_config(group: str) -> dict[str, Any]:
    """Return librdkafka's configuration for a worker. Raises ``ConfigurationError``."""
    if not getattr(django_settings, "EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS", None):
        raise _not_set(
            "EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS",
            "Set it to host:port of a broker; `manage.py run_embedded_bus` runs one to try.",
        )
    passed = get_settings().kafka_consumer_config
    if taken := sorted(set(passed) & set(OURS)):
        raise ConfigurationError(
            f"EVENT_SYNC['KAFKA_CONSUMER_CONFIG'] sets {', '.join(taken)}.",
            hint="Leave it out: the worker sets it, for no event would be safe without.",
        )
    # By the protocol of KIP-848 the broker decides all of it, and librdkafka refuses the options.
    is_classic = passed.get("group.protocol", "classic") == "classic"
    return {
        **(load_common_settings() or {}),
        "allow.auto.create.topics": False,
        **(MEMBERSHIP if is_classic else {}),
        **FETCH_AHEAD,
        "logger": logging.getLogger(LIBRDKAFKA),
        **passed,
        "group.id": group,
        # The database decides what is done, and the subscription where a new group starts.
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
    }


def schema_registry_client() -> Any:
    """Return a client of the schema registry that doesn't retry by itself.

    The worker does, and keeps its place in the group meanwhile. Raises ``ConfigurationError``.
    """
    url = registry_url()
    try:
        from confluent_kafka.schema_registry import SchemaRegistryClient
    except ImportError as error:
        raise ConfigurationError(
            f"confluent-kafka lacks its Avro parts: {error}.",
            hint="pip install 'confluent-kafka[avro,schemaregistry]'",
        ) from error
    config: dict[str, Any] = {
        "url": url,
        "timeout": get_settings().registry_timeout,
        "max.retries": 0,
    }
    key = getattr(django_settings, "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_API_KEY", "")
    secret = getattr(django_settings, "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_API_SECRET", "")
    if key:
        config["basic.auth.user.info"] = f"{key}:{secret}"
    return SchemaRegistryClient(config)


def _not_set(name: str, hint: str) -> ConfigurationError:
    if name in os.environ:
        hint = "The environment has it: let the settings module read it, by os.environ."
    return ConfigurationError(f"{name} is not set.", hint=hint)


def registry_url() -> str:
    """Return the address of the schema registry. Raises ``ConfigurationError``."""
    url = getattr(django_settings, "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL", None)
    if not url:
        raise _not_set(
            "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL",
            "Set it to the http(s) address of the schema registry.",
        )
    try:
        parts = urlsplit(url)
    except ValueError:  # a bracket too few
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            f"EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL has the scheme {parts.scheme!r}.",
            hint="It must start with http:// or https:// and name a host.",
        )
    return str(url)
