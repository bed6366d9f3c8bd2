"""The stream of a demo: planned messages of stated kinds, each kind with a stated share.

Holds values and does the sharing out; what a message of a kind says is written by a room's part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from random import Random
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeAlias, TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

from openedx_events.data import EventsMetadata
from openedx_events.tooling import OpenEdxPublicSignal

from shared.cloudevents import Headers
from shared.messages import Message
from shared.outcomes import Outcome

_IDS = 10**6


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One run of one room's stream.

    The stream is the same for the same ``events`` and ``seed``, but for its times, which end at
    ``started``, and what is the run's alone: its name, its ids, its UUIDs.
    """

    events: int
    seed: int
    started: datetime
    step: timedelta = timedelta(milliseconds=1)
    """From one event's time to the next one's."""

    @property
    def name(self) -> str:
        """The prefix of the run's topics, and part of such keys as are texts."""
        return f"demo-{self._number}"

    @property
    def ids(self) -> range:
        """The ids that are this run's alone, in whatever database it runs."""
        return range(self._number * _IDS, (self._number + 1) * _IDS)

    def uuid(self, name: str) -> UUID:
        """Return the UUID of something that is this run's alone, the same for the same name."""
        return uuid5(NAMESPACE_OID, f"{self.name} {name}")

    @property
    def _number(self) -> int:
        return int(self.started.timestamp() * 1000)


@dataclass(frozen=True, kw_only=True, slots=True)
class StockEvent:
    """An event that the stock producer publishes; published twice it is a redelivery."""

    signal: OpenEdxPublicSignal
    key_field: str
    data: Mapping[str, Any]
    metadata: EventsMetadata

    @property
    def event_id(self) -> str:
        """The id by which the message is known again."""
        return str(self.metadata.id)


class AvroValue(NamedTuple):
    """A value in good order: its schema is in the registry and it can be read with it."""

    signal: OpenEdxPublicSignal
    data: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class RawMessage:
    """A message that the stock producer wouldn't make; published as it stands."""

    event_id: str
    headers: Headers
    value: AvroValue | bytes | None


A = TypeVar("A")
M = TypeVar("M")
A_contra = TypeVar("A_contra", contravariant=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind(Generic[A_contra]):
    """A kind of message and its share of the stream, in thousandths.

    ``ends_as`` is the outcome of every such message when the run is over, or ``None`` where that
    depends on what the row was told before. ``write`` lets the stream's author write one.
    """

    name: str
    share: int
    write: Callable[[A_contra], StockEvent | RawMessage]
    ends_as: Outcome | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A message that will be published to a topic (named without prefix)."""

    kind: Kind[Any]
    topic: str
    message: StockEvent | RawMessage


Stream: TypeAlias = Sequence[Planned]


class Place(NamedTuple):
    """Where the broker put a message; the topic's name is the full one."""

    topic: str
    partition: int
    offset: int

    @classmethod
    def of(cls, message: Message) -> Self:
        """Return a message's place."""
        return cls(message.topic, message.partition, message.offset)

    def __str__(self) -> str:
        return f"{self.topic}[{self.partition}]@{self.offset}"


class Landed(NamedTuple):
    """A planned message and its place."""

    planned: Planned
    place: Place


def schedule(kinds: Sequence[Kind[A]], events: int, random: Random) -> Iterator[Kind[A]]:
    """Yield the kind of each of so many events by their shares, shuffled; the first kind begins.

    It does so even where its share is too small for an event: then the largest share gives one.
    """
    shares = [kind.share for kind in kinds]
    counts = apportion(shares, events)
    if events and not counts[0]:
        counts[shares.index(max(shares))] -= 1
        counts[0] = 1
    scheduled = [kind for kind, count in zip(kinds, counts, strict=True) for _ in range(count)]
    rest = scheduled[1:]
    random.shuffle(rest)
    yield from scheduled[:1]
    yield from rest


class Clock(Protocol):
    """An author's."""

    now: datetime

    def tick(self) -> datetime:
        """Go a step further; return the time."""


C = TypeVar("C", bound=Clock)


def write(kinds: Iterable[Kind[C]], author: C, *, topic: str) -> list[Planned]:
    """Let the author write a message of each of these kinds for a topic (named without prefix)."""
    return [Planned(kind=kind, topic=topic, message=_in_turn(kind.write, author)) for kind in kinds]


def _in_turn(write: Callable[[C], M], author: C) -> M:
    """Write a message; it takes its turn on the clock, also if it bears another time, or none."""
    before = author.now
    message = write(author)
    if author.now == before:
        author.tick()
    return message


def apportion(shares: Sequence[int], total: int) -> list[int]:
    """Share out a total in whole numbers: rounded down, then the largest remainders rounded up."""
    whole = sum(shares)
    counts = [total * share // whole for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda i: -(total * shares[i] % whole))
    for index in by_remainder[: total - sum(counts)]:
        counts[index] += 1
    return counts


def interleave(streams: Sequence[Stream]) -> Iterator[Planned]:
    """Take turns between the streams; each keeps its order."""
    for turn in zip_longest(*streams):
        yield from (planned for planned in turn if planned is not None)
