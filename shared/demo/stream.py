"""The stream of a demo: planned messages of stated kinds, each kind with a stated share.

Holds values and does the sharing out; what a message of a kind says is written by a room's part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from random import Random
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from openedx_events.data import EventsMetadata
from openedx_events.tooling import OpenEdxPublicSignal

from shared.cloudevents import Headers
from shared.outcomes import Outcome

_IDS = 10**6


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One run of one room's stream.

    The stream is the same for the same ``events`` and ``seed``, but for its times, which end at
    ``started``, and its ids, which begin at ``first_id``.
    """

    events: int
    seed: int
    started: datetime

    @property
    def name(self) -> str:
        """The prefix of the run's topics."""
        return f"demo-{self._number}"

    @property
    def first_id(self) -> int:
        """The first of the ids that are this run's alone, in whatever database it runs."""
        return self._number * _IDS

    @property
    def ids(self) -> range:
        """The ids that are this run's alone."""
        return range(self.first_id, self.first_id + _IDS)

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind(Generic[A]):
    """A kind of message and its share of the stream, in thousandths.

    ``ends_as`` is the outcome of every such message, or ``None`` where that depends on what the
    row was told before. ``write`` lets the stream's author write one.
    """

    name: str
    share: int
    write: Callable[[A], StockEvent | RawMessage]
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


class Landed(NamedTuple):
    """A planned message and its place."""

    planned: Planned
    place: Place


def schedule(kinds: Sequence[Kind[A]], events: int, random: Random) -> Iterator[Kind[A]]:
    """Yield the kind of each of so many events by their shares, shuffled; the first kind begins."""
    counts = apportion([kind.share for kind in kinds], events)
    scheduled = [kind for kind, count in zip(kinds, counts, strict=True) for _ in range(count)]
    rest = scheduled[1:]
    random.shuffle(rest)
    yield from scheduled[:1]
    yield from rest


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
