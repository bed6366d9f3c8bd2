"""What a room's part of the demo is: its module ``demo``, which is found by the room's name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, TypeAlias, cast

from shared import registry
from shared.consumer import Room
from shared.demo import DemoFailed
from shared.demo.stream import Kind, Landed, Place, Run, Stream
from shared.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A column's expected value where more than one is right."""

    values: frozenset[object]


Table: TypeAlias = Mapping[tuple[object, ...], Mapping[str, object]]
"""Rows by natural key; a row's columns by name."""


class Part(Protocol):
    """A room's module ``demo``."""

    KINDS: tuple[Kind[Any], ...]
    """What the stream is made of, each with its share."""

    def make_stream(self, run: Run) -> Stream:
        """Write the run's stream. Pure."""

    def expected_rows(self, landed: Iterable[Landed]) -> Table:
        """Say what the rows must be once these are settled. Pure; a value may be an ``AnyOf``."""

    def stored_rows(self, run: Run) -> Table:
        """Read the run's rows from the table."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Performance:
    """A room, its part, and what they make of a run."""

    room: Room
    part: Part
    run: Run
    stream: Stream

    @property
    def planned(self) -> Counter[Outcome | None]:
        """How many of the stream's events are to end how; ``None``: that depends."""
        return Counter(planned.kind.ends_as for planned in self.stream)

    def is_over(self, outcomes: Counter[Outcome]) -> bool:
        """Return whether every event has its last outcome: none waits whose parent came."""
        is_settled = outcomes.total() >= len(self.stream)
        return is_settled and outcomes[Outcome.PARKED] <= self.planned[Outcome.PARKED]

    def expected_if_in_order(self) -> Table:
        """The table that is to be expected if one partition takes the stream as it is written."""
        return self.part.expected_rows(
            Landed(planned, Place(planned.topic, 0, offset))
            for offset, planned in enumerate(self.stream)
        )


def performances(*, events: int, seed: int, rate: float, now: datetime) -> list[Performance]:
    """Share the events out over the registered rooms that have a part. Raises ``DemoFailed``.

    An event has the time at which it is published at ``rate`` from now on, and none is ahead of
    that; at 0, as fast as it goes, the last one has this moment's.
    """
    parts = [(room, part) for room in registry.rooms() if (part := _part_of(room))]
    if not parts:
        raise DemoFailed("No installed room takes part in the demo: none has a module 'demo'.")
    each, more = divmod(events, len(parts))
    pace = {"step": timedelta(seconds=len(parts) / rate)} if rate else {}
    started = now + timedelta(seconds=(events - len(parts)) / rate) if rate else now
    return [
        _perform(room, part, Run(events=each + (n < more), seed=seed, started=started, **pace))
        for n, (room, part) in enumerate(parts)
    ]


def _perform(room: Room, part: Part, run: Run) -> Performance:
    return Performance(room=room, part=part, run=run, stream=part.make_stream(run))


def _part_of(room: Room) -> Part | None:
    name = f"{room.name}.demo"
    try:
        found = find_spec(name)
    except ModuleNotFoundError:  # a room needn't be a package
        found = None
    return cast(Part, import_module(name)) if found else None
