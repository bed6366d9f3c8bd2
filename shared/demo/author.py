"""What the authors of all streams do: write event after event, and remember what rows were told.

A room's author says what its rows are and what its events say of them; people are made up.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar
from uuid import UUID

from openedx_events.data import EventsMetadata
from openedx_events.tooling import OpenEdxPublicSignal

from shared.demo.stream import Run, StockEvent

S = TypeVar("S")

_MOMENT = timedelta(microseconds=1)
_LONG_AGO = timedelta(minutes=1)


class Content(NamedTuple):
    """What an event says: its signal, the path of its key, its data."""

    signal: OpenEdxPublicSignal
    key_field: str
    data: Mapping[str, Any]


@dataclass(slots=True)
class Row(Generic[S]):
    """A row's state as it stands, what was last told of it, and the times of what was told."""

    state: S
    told: Content
    times: list[datetime] = field(default_factory=list)


class Author(ABC, Generic[S]):
    """Writes the events of one run, as a busy and unreliable service would send them.

    Each is a step newer than the one before; the last has the time at which the run starts.
    """

    source: ClassVar[str]
    sourcehost: ClassVar[str]

    def __init__(self, run: Run) -> None:
        self.run = run
        # Of its own for each service, so that no two streams have an event id in common.
        self.random = Random(f"{self.sourcehost} {run.seed}")  # nosec B311 # made-up data
        self.now = run.started - run.events * run.step
        self.rows: list[Row[S]] = []
        self._last: Row[S]
        self._sent: list[StockEvent] = []

    @abstractmethod
    def says(self, state: S) -> Content:
        """Return what an event says that tells of this state."""

    @abstractmethod
    def other(self, state: S, **changes: Any) -> S:
        """Return another state that the row may come to, with these values in it."""

    def same_fact(self) -> StockEvent:
        """Tell what was told of a row last, with an id and a time of its own."""
        row = self.any_row()
        return self.tell(row, row.told)

    def same_id(self) -> StockEvent:
        """Send an event again, byte for byte."""
        return self.random.choice(self._sent)

    def late(self) -> StockEvent:
        """Tell old news of a row."""
        row = self.any_row()
        return self.tell_late(row, self.says(self.other(row.state)))

    def out_of_order(self) -> StockEvent:
        """Tell what the event before this one has overtaken."""
        news = self.says(self.other(self._last.state))
        return self._remember(self._last, self.event(news, self._last.times[-1] - _MOMENT))

    def untold(
        self, state: S | None = None, *, ahead: timedelta = timedelta(0), **changes: Any
    ) -> StockEvent:
        """Write what a row, or one of this state, must not follow, with these values in it."""
        state = self.other(state or self.any_row().state, **changes)
        return self.event(self.says(state), self.tick() + ahead)

    def add(self, state: S) -> Row[S]:
        """Return a new row, which is to be told of at once."""
        row = Row(state, self.says(state))
        self.rows.append(row)
        return row

    def change(self, row: Row[S], **changes: Any) -> Row[S]:
        """Let a row come to another state, with these values in it; return it."""
        row.state = self.other(row.state, **changes)
        return row

    def any_row(self) -> Row[S]:
        """Return a row that was told of before."""
        return self.random.choice(self.rows)

    def tell(self, row: Row[S], content: Content | None = None) -> StockEvent:
        """Tell of a row's state as it stands, or this of it."""
        self._last = row
        row.told = content or self.says(row.state)
        return self._remember(row, self.event(row.told, self.tick()))

    def tell_late(self, row: Row[S], content: Content) -> StockEvent:
        """Tell this from between a row's two newest events, or from before its only one."""
        before, newest = [row.times[-1] - _LONG_AGO, *row.times][-2:]
        return self._remember(row, self.event(content, before + (newest - before) / 2))

    def tell_at_once(self, row: Row[S]) -> StockEvent:
        """Tell of a row's state as it stands, with the time of the newest event about it."""
        row.told = self.says(row.state)
        return self._remember(row, self.event(row.told, row.times[-1]))

    def event(self, content: Content, time: datetime) -> StockEvent:
        """Return an event of its own that says this at that time."""
        metadata = EventsMetadata(
            event_type=content.signal.event_type,
            id=UUID(int=self.random.getrandbits(128), version=4),
            time=time,
            source=self.source,
            sourcehost=self.sourcehost,
        )
        return StockEvent(
            signal=content.signal,
            key_field=content.key_field,
            data=content.data,
            metadata=metadata,
        )

    def tick(self) -> datetime:
        """Return the next event's time."""
        self.now += self.run.step
        return self.now

    def _remember(self, row: Row[S], event: StockEvent) -> StockEvent:
        insort(row.times, event.metadata.time)
        self._sent.append(event)
        return event
