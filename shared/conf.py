"""The settings of this project: one typed object, read lazily from ``EVENT_SYNC``.

The only module that reads ``django.conf.settings`` for ``EVENT_SYNC``. Upstream's ``EVENT_BUS_*``
settings keep their own names and are read by ``shared.kafka.config``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from random import uniform
from typing import Any

from django.conf import settings as django_settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from shared.consumer import Accept, Destination, Mode
from shared.exceptions import ConfigurationError
from shared.misspellings import hint_about
from shared.setting_values import Carrier, problem_with


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """``EVENT_SYNC``, with its defaults. Times are in seconds."""

    # .. setting_name: EVENT_SYNC['CARRIER']
    # .. setting_default: 'worker'
    # .. setting_description: What brings events to the rooms: 'worker' (run_consumers, or stock
    #   consume_events with shared.kafka.BatchingKafkaConsumer) or 'signal' (the stock consumers).
    carrier: str = Carrier.WORKER

    # .. setting_name: EVENT_SYNC['DESTINATIONS']
    # .. setting_default: {}
    # .. setting_description: Dotted path of the destination of each consumer, by consumer name.
    destinations: Mapping[str, str] = field(default_factory=dict)

    # .. setting_name: EVENT_SYNC['DESTINATION_OPTIONS']
    # .. setting_default: {}
    # .. setting_description: Options of the destinations that write to a host's own tables, by
    #   consumer name.
    destination_options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    # .. setting_name: EVENT_SYNC['MODES']
    # .. setting_default: {}
    # .. setting_description: Mode of each consumer, by consumer name: 'live', the default, or
    #   'shadow', which keeps its records aside to be compared with what the host holds.
    modes: Mapping[str, str] = field(default_factory=dict)

    # .. setting_name: EVENT_SYNC['FILTERS']
    # .. setting_default: {}
    # .. setting_description: Dotted paths of further filters of each consumer, by consumer name; an
    #   event that any of them refuses ends as FILTERED.
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)

    # .. setting_name: EVENT_SYNC['GROUPS']
    # .. setting_default: {}
    # .. setting_description: Consumer group of each room, by room name. Without an entry the group
    #   bears the room's name.
    groups: Mapping[str, str] = field(default_factory=dict)

    # .. setting_name: EVENT_SYNC['KAFKA_CONSUMER_CONFIG']
    # .. setting_default: {}
    # .. setting_description: librdkafka options for the worker's consumer (TLS files, OAuth, static
    #   membership, poll interval …), applied last. The offset options that carry the guarantees
    #   can't be set here.
    kafka_consumer_config: Mapping[str, Any] = field(default_factory=dict)

    # .. setting_name: EVENT_SYNC['BATCH_SIZE']
    # .. setting_default: 500
    # .. setting_description: The most messages that are settled in one transaction.
    batch_size: int = 500

    # .. setting_name: EVENT_SYNC['BACKOFF_INITIAL']
    # .. setting_default: 0.5
    # .. setting_description: The first pause before a batch is tried again, or a supervised worker
    #   that crashed is started again; doubles with each try.
    backoff_initial: float = 0.5

    # .. setting_name: EVENT_SYNC['BACKOFF_MAX']
    # .. setting_default: 30.0
    # .. setting_description: The longest such pause.
    backoff_max: float = 30.0

    # .. setting_name: EVENT_SYNC['ISOLATE_AFTER_ATTEMPTS']
    # .. setting_default: 8
    # .. setting_description: After so many transient failures of a batch its events are settled one
    #   by one; one that fails while the database takes the others is buried, unless another
    #   transaction was in its way or the disk was full. As often the registry is asked for a schema
    #   that turns out to be no Avro before the events with it are buried.
    isolate_after_attempts: int = 8

    # .. setting_name: EVENT_SYNC['RECEIVER_ATTEMPTS']
    # .. setting_default: 3
    # .. setting_description: How often a host's receiver that fails transiently is called for an
    #   event before that becomes a dead letter naming the receiver.
    receiver_attempts: int = 3

    # .. setting_name: EVENT_SYNC['MAX_CLOCK_SKEW']
    # .. setting_default: 300.0
    # .. setting_description: How far an event's time may lie ahead of its arrival: the message's
    #   timestamp or the worker's clock, whichever is earlier.
    max_clock_skew: float = 300.0

    # .. setting_name: EVENT_SYNC['PARK_MAX_AGE']
    # .. setting_default: 604800.0
    # .. setting_description: How long a parked event waits for its parent before it is buried.
    park_max_age: float = 604800.0

    # .. setting_name: EVENT_SYNC['FLOOD_RUN']
    # .. setting_default: 100
    # .. setting_description: So many dead letters in a row stop the worker.
    flood_run: int = 100

    # .. setting_name: EVENT_SYNC['FLOOD_RATIO']
    # .. setting_default: 0.5
    # .. setting_description: A larger share of dead letters among the last 1000 events stops the
    #   worker.
    flood_ratio: float = 0.5

    # .. setting_name: EVENT_SYNC['MONITOR_INTERVAL']
    # .. setting_default: 10.0
    # .. setting_description: How often a worker asks for its lag and leaves a sign of life in the
    #   database; every sixth time it counts what is parked and dead.
    monitor_interval: float = 10.0

    # .. setting_name: EVENT_SYNC['TOPIC_GRACE']
    # .. setting_default: 30.0
    # .. setting_description: How long the worker waits for a topic that the broker doesn't have.
    topic_grace: float = 30.0

    # .. setting_name: EVENT_SYNC['REGISTRY_TIMEOUT']
    # .. setting_default: 3.0
    # .. setting_description: How long the schema registry may be silent before it is asked again.
    registry_timeout: float = 3.0

    # .. setting_name: EVENT_SYNC['RETENTION']
    # .. setting_default: {}
    # .. setting_description: For how many days prune_event_sync leaves rows alone, by kind, where
    #   that isn't as many as it would by itself.
    retention: Mapping[str, int] = field(default_factory=dict)

    # .. setting_name: EVENT_SYNC['RETIREMENT_KEYS']
    # .. setting_default: []
    # .. setting_description: Secrets with which retired learners are remembered; the first is for
    #   new ones. None may ever be left out. Without them SECRET_KEY and SECRET_KEY_FALLBACKS.
    retirement_keys: Sequence[str] = field(default_factory=list)

    def destination_of(self, consumer_name: str) -> Destination:
        """Return a consumer's destination. Raises ``ConfigurationError`` if it can't be had."""
        path = self.destinations.get(consumer_name)
        if path is None:
            raise ConfigurationError(
                f"Consumer {consumer_name!r} has no destination.",
                hint=f"Add it to EVENT_SYNC['DESTINATIONS'][{consumer_name!r}].",
            )
        destination: Destination = _import(path, "DESTINATIONS", consumer_name)
        return destination

    def mode_of(self, consumer_name: str) -> Mode:
        """Return a consumer's mode."""
        return Mode(self.modes.get(consumer_name, Mode.LIVE))

    def filters_of(self, consumer_name: str) -> tuple[Accept, ...]:
        """Return a consumer's further filters. Raises ``ConfigurationError`` for a bad one."""
        paths = self.filters.get(consumer_name, ())
        return tuple(_import(path, "FILTERS", consumer_name) for path in paths)

    def pause_after(self, attempt: int) -> float:
        """Return how long to pause after so many failures in a row, with jitter, in seconds."""
        longest = min(self.backoff_initial * 2 ** min(attempt - 1, 30), self.backoff_max)
        return uniform(longest / 2, longest)  # nosec B311 # jitter, no secret

    def group_of(self, room_name: str, mode: Mode = Mode.LIVE) -> str:
        """Return the consumer group of a room, or of its shadow."""
        group = self.groups.get(room_name, room_name)
        return group if mode is Mode.LIVE else f"{group}-{mode}"


def _import(path: str, setting: str, consumer_name: str) -> Any:
    """Return what a dotted path of a setting names, if it can be called."""
    place = f"EVENT_SYNC[{setting!r}][{consumer_name!r}]"
    try:
        named = import_string(path)
    except ImportError as error:
        raise ConfigurationError(
            f"{place} can't be imported: {error}.", hint=f"Correct {place}."
        ) from error
    if not callable(named):
        raise ConfigurationError(f"{place} can't be called.", hint=f"Name a function in {place}.")
    return named


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Return the settings. Raises ``ConfigurationError`` with the first problem there is."""
    for problem in problems():
        raise problem
    return Settings(**{name.lower(): value for name, value in _raw().items()})


def settings_with(**changes: Any) -> Mapping[str, Any]:
    """Return the Django settings that say the same but for these. Raises ``ConfigurationError``."""
    changed = replace(get_settings(), **changes)
    return {"EVENT_SYNC": {f.name.upper(): getattr(changed, f.name) for f in fields(Settings)}}


def problems() -> Iterator[ConfigurationError]:
    """Yield what is wrong with ``EVENT_SYNC``, each with the remedy."""
    raw = _raw()
    if not isinstance(raw, Mapping):
        yield ConfigurationError("EVENT_SYNC is not a dictionary.", hint="Make it one.")
        return
    known = {f.name.upper(): f for f in fields(Settings)}
    for name, value in raw.items():
        if name not in known:
            yield ConfigurationError(
                f"EVENT_SYNC[{name!r}] is not a setting.", hint=hint_about(str(name).upper(), known)
            )
        elif problem := problem_with(name, value, str(known[name].type)):
            yield ConfigurationError(
                f"EVENT_SYNC[{name!r}] {problem}.",
                hint=f"Correct it; it is of type {type(value).__name__} now.",
            )


def given() -> Any:
    """Return ``EVENT_SYNC`` as the service's settings have it, sound or not; None if they don't."""
    return getattr(django_settings, "EVENT_SYNC", None)


def _raw() -> Any:
    return getattr(django_settings, "EVENT_SYNC", {})


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "EVENT_SYNC":
        get_settings.cache_clear()


setting_changed.connect(_forget, dispatch_uid="event_sync.conf")
