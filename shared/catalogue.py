"""The catalogue: every event that an installed room consumes, or that its producers publish.

Facts only, from the rooms' declarations and the settings; ``event_catalog`` prints them.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from django.conf import settings as django_settings
from openedx_events.tooling import OpenEdxPublicSignal

from shared import registry
from shared.conf import get_settings
from shared.consumer import Consumer, Room
from shared.event_schemas import (
    EventField,
    Schema,
    field_at,
    fields_of,
    golden_schema_of,
    schema_of,
)
from shared.exceptions import ConfigurationError
from shared.kafka.config import full_topic
from shared.publishers import Place, Publisher, places, publishers
from shared.setting_values import Carrier

T = TypeVar("T")

_LEARNER_NAMES = {"user_id", "lms_user_id", "username", "email", "user_email"}
_LEARNER_RECORDS = {"UserData", "UserPersonalData"}
"""Of openedx-events; all that they hold is about a person."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscriber:
    """An installed consumer, as its service runs it.

    ``group`` is ``None`` with the "signal" carrier: ``consume_events`` is told it when it starts.
    """

    room: str
    consumer: str
    mode: str
    group: str | None
    carrier: str
    destination: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CatalogueEntry:
    """An event on a topic, with one key; who disagrees about the key is in an entry of its own.

    ``signal`` is the dotted path of the event's signal and ``full_topic`` the topic with its
    prefix. ``published_here`` is what this service's own ``EVENT_BUS_PRODUCER_CONFIG`` says, if
    anything. ``golden_schema`` is the schema's file in this repository, of an event defined here.
    """

    event_type: str
    signal: str | None
    topic: str
    full_topic: str
    key_field: str
    key_schema: Schema | None
    publishers: tuple[Publisher, ...]
    published_here: bool | None
    consumers: tuple[Subscriber, ...]
    learner_fields: tuple[str, ...]
    fields: tuple[EventField, ...]
    schema: Schema
    golden_schema: str | None

    @property
    def name(self) -> str:
        """The event's name as code has it, or its type if no module names it."""
        return (self.signal or "").rpartition(".")[2] or self.event_type


def catalogue() -> tuple[CatalogueEntry, ...]:
    """Return every event, sorted by topic. Raises ``ConfigurationError``."""
    consumed, published = _by_place(_consumed()), _by_place(publishers())
    here = dict(places(getattr(django_settings, "EVENT_BUS_PRODUCER_CONFIG", {})))
    types = {event_type for event_type, _, _ in (*consumed, *published)}
    found = {*consumed, *published, *(place for place in here if place[0] in types)}
    paths = signal_paths()
    return tuple(
        _entry(
            place,
            path=paths.get(place[0]),
            publishers=published.get(place, ()),
            published_here=here.get(place),
            consumers=consumed.get(place, ()),
        )
        for place in sorted(found, key=lambda place: (place[1], place[0], place[2]))
    )


def subscriber(room: Room, consumer: Consumer) -> Subscriber:
    """Return how this service runs a consumer. Raises ``ConfigurationError``."""
    settings = get_settings()
    mode = settings.mode_of(consumer.name)
    by_worker = settings.carrier == Carrier.WORKER
    return Subscriber(
        room=room.name,
        consumer=consumer.name,
        mode=mode.value,
        group=settings.group_of(room.name, mode) if by_worker else None,
        carrier=str(settings.carrier),
        destination=settings.destinations.get(consumer.name),
    )


def _entry(
    place: Place,
    *,
    path: str | None,
    publishers: tuple[Publisher, ...],
    published_here: bool | None,
    consumers: tuple[tuple[Room, Consumer], ...],
) -> CatalogueEntry:
    event_type, topic, key_field = place
    signal = _signal(event_type)
    schema = schema_of(signal)
    fields = fields_of(schema)
    return CatalogueEntry(
        event_type=event_type,
        signal=path,
        topic=topic,
        full_topic=str(full_topic(topic)),
        key_field=key_field,
        key_schema=field_at(schema, key_field),
        publishers=publishers,
        published_here=published_here,
        consumers=tuple(subscriber(room, consumer) for room, consumer in consumers),
        learner_fields=_learner_fields(fields, _declared_of_learners(event_type)),
        fields=fields,
        schema=schema,
        golden_schema=golden_schema_of(signal),
    )


def _learner_fields(fields: Iterable[EventField], declared: Collection[str]) -> tuple[str, ...]:
    """Return what names a learner: by what consumers declare, or by the field's own name."""
    return tuple(
        field.path
        for field in fields
        if field.path in declared
        or field.path.rpartition(".")[2] in _LEARNER_NAMES
        or field.record in _LEARNER_RECORDS
    )


def _declared_of_learners(event_type: str) -> set[str]:
    """Return what any consumer of an event says of it, whichever topic it takes it from."""
    return {
        field.path
        for room in registry.rooms()
        for consumer in room.consumers_of(event_type)
        if consumer.learner
        for field in consumer.learner.fields
    }


def _consumed() -> Iterator[tuple[Place, tuple[Room, Consumer]]]:
    for room in registry.rooms():
        for consumer in room.consumers:
            for route in consumer.routes:
                place = (route.signal.event_type, consumer.topic, route.key_field)
                yield place, (room, consumer)


def _by_place(found: Iterable[tuple[Place, T]]) -> dict[Place, tuple[T, ...]]:
    by_place: dict[Place, tuple[T, ...]] = {}
    for place, each in found:
        by_place[place] = (*by_place.get(place, ()), each)
    return by_place


def _signal(event_type: str) -> OpenEdxPublicSignal:
    try:
        return OpenEdxPublicSignal.get_signal_by_type(event_type)
    except KeyError:
        raise ConfigurationError(
            f"No installed application declares the event {event_type}.",
            hint="Import the module of its signal in the apps.py of the app that names it.",
        ) from None


def signal_paths() -> Mapping[str, str]:
    """Return the dotted paths of all signals, which don't know their own names.

    Of several modules that have a signal, one called ``signals`` counts, and one beside its data.
    """
    ranked: dict[str, tuple[bool, bool, str]] = {}
    for module in list(sys.modules.values()):
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if type(value) is OpenEdxPublicSignal:
                package, _, last = module.__name__.rpartition(".")
                beside = {each.__module__.rpartition(".")[0] for each in value.init_data.values()}
                rank = (last != "signals", package not in beside, f"{module.__name__}.{name}")
                ranked[value.event_type] = min(rank, ranked.get(value.event_type, rank))
    return {event_type: path for event_type, (_, _, path) in ranked.items()}
