"""What the pipeline takes in and gives back: a batch of arrivals, and how each one ended.

Holds values only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from shared.consumer import Consumer, Room
from shared.messages import Event, Message
from shared.outcomes import Outcome, reference
from shared.receivers import ReceiverFailure
from shared.records import Record

if TYPE_CHECKING:
    from shared.models import ParkedEvent


@dataclass(frozen=True, slots=True)
class Undecodable:
    """A message that can't become an event; ``error`` names the header or field.

    ``parked`` is set for one that could when it was parked, and can't any more.
    """

    message: Message
    error: str
    parked: ParkedEvent | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message of an event type that the room doesn't consume."""

    message: Message


@dataclass(frozen=True, slots=True)
class Retried:
    """A parked event on its way again, for the one consumer that parked it."""

    parked: ParkedEvent
    event: Event

    @property
    def message(self) -> Message:
        """The message of the parked event."""
        return self.event.message


Arrival: TypeAlias = Event | Undecodable | Ignored | Retried


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """What one room settles together, in order of arrival."""

    room: Room
    group: str
    worker: str
    arrivals: tuple[Arrival, ...]
    failures: tuple[ReceiverFailure, ...] = ()


# Deliveries and endings aren't changed either. One of each is made for every event, and a frozen
# dataclass takes three times as long to make.
@dataclass(slots=True)
class Delivery:
    """One event for one consumer; ``index`` is its place among the batch's arrivals."""

    index: int
    event: Event
    consumer: Consumer
    parked: ParkedEvent | None = None
    names_retired: bool = False
    """Whether it names a learner who is retired: then nothing of it may be kept."""


@dataclass(slots=True)
class Ending:
    """How one delivery, or a message that became none, ended."""

    index: int
    message: Message
    outcome: Outcome
    consumer: str = ""
    record: Record | None = None
    error: str = ""
    waiting_for: str = ""
    parked: ParkedEvent | None = None

    @property
    def reference(self) -> str | None:
        """The text that a parked event would wait for, if this ending brought its parent."""
        if self.outcome is not Outcome.APPLIED or self.record is None:
            return None
        return reference(self.consumer, self.record.key)


@dataclass(frozen=True)
class BatchResult:
    """How a settled batch ended."""

    endings: tuple[Ending, ...]
    woken: int = 0
    """How many parked events became due, for their parent arrived."""

    @cached_property
    def counts(self) -> Mapping[str, Counter[Outcome]]:
        """Outcomes by consumer name; an event that is parked no more takes one off there."""
        counts: defaultdict[str, Counter[Outcome]] = defaultdict(Counter)
        found = Counter([(ending.consumer, ending.outcome) for ending in self.endings])
        for (consumer, outcome), number in found.items():
            counts[consumer][outcome] = number
        for ending in self.endings:
            if ending.parked:
                counts[ending.consumer][Outcome.PARKED] -= 1
        return dict(counts)

    @property
    def totals(self) -> Mapping[str, int]:
        """How many deliveries ended how, those that there are, by the outcome's name."""
        totals: Counter[Outcome] = sum(self.counts.values(), Counter())
        return {outcome.value: count for outcome, count in totals.items() if count}
