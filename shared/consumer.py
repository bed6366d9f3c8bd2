"""The declaration of a room: which events it consumes and what record each becomes.

Declares and validates only; ``shared.pipeline`` settles events, ``shared.receivers`` gets them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from openedx_events.data import EventsMetadata
from openedx_events.tooling import OpenEdxPublicSignal

from shared.exceptions import ConfigurationError
from shared.learners import Learner
from shared.outcomes import WriteResult
from shared.records import PositionedRecord, Record
from shared.snapshots import Snapshot

EventData: TypeAlias = Mapping[str, Any]
"""An event's data: attrs objects by the names that the signal declares."""

Accept: TypeAlias = Callable[[EventData, EventsMetadata], bool]
"""A filter: is this event wanted? Pure."""

ToRecord: TypeAlias = Callable[[EventData, EventsMetadata], Record]
"""A mapper: what the row shall say. Pure; raises ``UnmappableEvent`` naming the field."""

Destination: TypeAlias = Callable[[Sequence[PositionedRecord[Any]]], Sequence[WriteResult]]
"""Writes records inside the batch's transaction and answers for each, in order."""

TOPIC_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}\Z")
"""What Kafka takes for the name of a topic."""

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
_MAX_NAME_LENGTH = 64
"""The width of the columns that name rooms and consumers."""


class Mode(StrEnum):
    """What a consumer does with the records of its events: the operator's choice."""

    LIVE = "live"
    """Write them to its destination."""
    SHADOW = "shadow"
    """Keep them aside, to be compared with what the destination's host holds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One event type of a consumer, and the way from its data to a record.

    ``key_field`` is the dotted path of the event's key on the bus; one key, one partition.
    ``creates_only`` is for an event that says no more than that something is there, and whose time
    tells nothing of the row's: it makes the row at the lowest position and never changes one.
    """

    signal: OpenEdxPublicSignal
    key_field: str
    accept: Accept
    to_record: ToRecord
    creates_only: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Consumer:
    """Keeps one kind of row up to date from the events of one topic (named without prefix).

    ``supersedes`` has the dotted paths of receivers that do its work in some host: a live worker
    disconnects them from the signals of its routes. ``snapshot`` says how rows of its source become
    events, for ``backfill`` and ``reconcile``. ``learner`` says where its events and rows have a
    learner's username or email, and has to if they do.
    """

    name: str
    topic: str
    routes: tuple[Route, ...]
    supersedes: tuple[str, ...] = ()
    snapshot: Snapshot | None = None
    learner: Learner | None = None
    _routes_by_type: Mapping[str, Route] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not _NAME.match(self.name) or len(self.name) > _MAX_NAME_LENGTH:
            raise ConfigurationError(
                f"Consumer name {self.name!r} is not valid.",
                hint="Use lower-case words joined by hyphens, as in 'user-grades'; "
                f"{_MAX_NAME_LENGTH} characters at most.",
            )
        if not TOPIC_NAME.match(self.topic):
            raise ConfigurationError(
                f"Consumer {self.name!r}: topic {self.topic!r} is not a Kafka topic name.",
                hint="Use letters, digits, '.', '_' and '-'.",
            )
        types = [route.signal.event_type for route in self.routes]
        if not types or len(set(types)) != len(types):
            raise ConfigurationError(
                f"Consumer {self.name!r} needs routes, one for each event type.",
                hint=f"It declares {types}.",
            )
        if self.snapshot and self.snapshot.signal.event_type not in types:
            raise ConfigurationError(
                f"Consumer {self.name!r}: its snapshot makes events that it doesn't consume.",
                hint=f"Make them of the signal of one of its routes: {types}.",
            )
        if not all("." in path for path in self.supersedes):
            raise ConfigurationError(
                f"Consumer {self.name!r}: supersedes holds what is no dotted path.",
                hint="Make it a tuple of paths, as in ('module.receiver',).",
            )
        routes = dict(zip(types, self.routes, strict=True))
        object.__setattr__(self, "_routes_by_type", routes)

    def route_for(self, event_type: str) -> Route | None:
        """Return the route of an event type, if this consumer consumes it."""
        return self._routes_by_type.get(event_type)


@dataclass(frozen=True, slots=True)
class Room:
    """A service's consumers that share a worker, a group, a batch and a transaction.

    They write in the order in which they are declared: parents first.
    """

    name: str
    consumers: tuple[Consumer, ...]
    _consumers_by_type: Mapping[str, tuple[Consumer, ...]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if not 0 < len(self.name) <= _MAX_NAME_LENGTH:
            raise ConfigurationError(
                f"Room name {self.name!r} is not valid.",
                hint=f"Use the name of its app, of {_MAX_NAME_LENGTH} characters at most.",
            )
        names = [consumer.name for consumer in self.consumers]
        if not names or len(set(names)) != len(names):
            raise ConfigurationError(
                f"Room {self.name!r} needs consumers with names of their own.",
                hint=f"It declares {names}.",
            )
        types = {signal.event_type for signal in self.signals}
        by_type = {each: tuple(c for c in self.consumers if c.route_for(each)) for each in types}
        object.__setattr__(self, "_consumers_by_type", by_type)

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that the room's worker subscribes to, without prefix."""
        return tuple(dict.fromkeys(consumer.topic for consumer in self.consumers))

    @property
    def signals(self) -> tuple[OpenEdxPublicSignal, ...]:
        """The signals that the room consumes."""
        routes = (route for consumer in self.consumers for route in consumer.routes)
        return tuple(dict.fromkeys(route.signal for route in routes))

    def consumes(self, event_type: str) -> bool:
        """Return whether any consumer of the room consumes this event type."""
        return event_type in self._consumers_by_type

    def consumers_of(self, event_type: str) -> tuple[Consumer, ...]:
        """Return the consumers of an event type, as declared."""
        return self._consumers_by_type.get(event_type, ())
