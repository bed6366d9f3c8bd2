"""Finds every way in which a run isn't what it should be; each is one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from shared.demo.part import AnyOf, Performance, Table
from shared.demo.stream import Landed, Place, Planned
from shared.messages import Message
from shared.outcomes import Outcome

_PLANNED_EXACTLY = (Outcome.FILTERED, Outcome.IGNORED, Outcome.PARKED, Outcome.DEAD)
_MOST_LINES = 10


def missing(stream: Sequence[Planned], landed: Sequence[Landed]) -> Iterator[str]:
    """Say how many messages never reached the broker."""
    if len(landed) < len(stream):
        yield f"{len(stream) - len(landed)} of {len(stream)} messages never reached the broker"


def unsettled(landed: Iterable[Landed], committed: Mapping[Place, float]) -> Iterator[str]:
    """Name the messages that no worker has committed."""
    for planned, place in landed:
        if place not in committed:
            yield f"{place} ({planned.kind.name}) was not committed"


def miskept(
    outcome: Outcome,
    landed: Sequence[Landed],
    kept: Iterable[Message],
    hashes: Mapping[Place, int],
) -> Iterator[str]:
    """Name the messages that aren't kept as it was planned: once or not at all, as they landed.

    ``kept`` has the messages that are stored because they ended so.
    """
    planned = Counter(place for planned, place in landed if planned.kind.ends_as is outcome)
    stored = [(Place.of(message), hash(message)) for message in kept]
    times = Counter(place for place, _ in stored)
    names = {place: planned.kind.name for planned, place in landed}
    for place in planned | times:
        if times[place] != planned[place]:
            subject = f"{place} ({names.get(place, 'unplanned')})"
            yield f"{subject} is kept as {outcome} {times[place]} times, not {planned[place]}"
    for place, found in stored:
        if place in planned and found != hashes[place]:
            yield f"{place} ({names[place]}) is kept as {outcome}, but not as it landed"


def miscounted(performance: Performance, outcomes: Counter[Outcome]) -> Iterator[str]:
    """Say whether each event has one outcome, and those that the stream's kinds plan."""
    lost = len(performance.stream) - outcomes.total()
    if lost:
        yield f"{abs(lost)} events have {'no outcome' if lost > 0 else 'two outcomes'}"
    for outcome in _PLANNED_EXACTLY:
        planned = performance.planned[outcome]
        if outcomes[outcome] != planned:
            yield f"{outcomes[outcome]} events ended as {outcome}, {planned} were to"


def differing(expected: Table, stored: Table) -> Iterator[str]:
    """Say where the table isn't what the room's model says."""
    for key in {**expected, **stored}:
        row = f"row {', '.join(map(str, key))}"
        if key not in stored:
            yield f"{row} is not there"
        elif key not in expected:
            yield f"{row} should not be there"
        else:
            yield from (f"{row}: {problem}" for problem in _differing(expected[key], stored[key]))


def shortened(problems: Iterable[str]) -> list[str]:
    """Return the first few problems, and how many more there are."""
    found = list(problems)
    more = len(found) - _MOST_LINES
    return [*found[:_MOST_LINES], *([f"… and {more} more like these"] if more > 0 else [])]


def _differing(expected: Mapping[str, object], stored: Mapping[str, object]) -> Iterator[str]:
    for column, value in expected.items():
        allowed = value.values if isinstance(value, AnyOf) else {value}
        if stored[column] not in allowed:
            wanted = " or ".join(map(str, allowed))
            yield f"{column} is {stored[column]}, the model says {wanted}"
