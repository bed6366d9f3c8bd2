"""Compares what came of a room's stream with what was to come of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from shared.demo import verification
from shared.demo.observer import Observer
from shared.demo.part import Performance
from shared.demo.processes import WorkerProcess
from shared.demo.results import Result
from shared.demo.stream import Landed
from shared.models import DeadLetter, ParkedEvent, StoredMessage
from shared.outcomes import Outcome

_KEPT_IN: Mapping[Outcome, type[StoredMessage]] = {
    Outcome.PARKED: ParkedEvent,
    Outcome.DEAD: DeadLetter,
}


def judge(
    performance: Performance, worker: WorkerProcess, observer: Observer, outcomes: Counter[Outcome]
) -> Result:
    """Return how a room's stream ended. Reads the room's table, and what is parked and buried.

    A message that was parked was committed by its parking: from then on it is kept.
    """
    stream, committed = performance.stream, dict(worker.committed_at)
    landed = [*observer.landed(stream)]
    rows, differences = compare(performance, observer)
    problems = [
        *verification.miscounted(performance, outcomes),
        *verification.shortened(verification.unsettled(landed, committed)),
        *differences,
    ]
    settled = [place for _, place in landed if place in committed]
    return Result(
        produced=len(stream),
        outcomes=outcomes,
        parked=worker.parked,
        latencies=[(committed[place] - observer.published_at[place]) * 1000 for place in settled],
        rows=rows,
        problems=problems,
    )


def compare(performance: Performance, observer: Observer) -> tuple[int, list[str]]:
    """Return how many rows a stream has led to, and in what it led to anything but its model.

    That is, line by line, what is wrong with the room's tables, parked events and dead letters.
    """
    landed = [*observer.landed(performance.stream)]
    expected = performance.part.expected_rows(landed)
    stored = performance.part.stored_rows(performance.run)
    return len(stored), [
        *verification.missing(performance.stream, landed),
        *_miskept(performance, observer, landed),
        *verification.shortened(verification.differing(expected, stored)),
    ]


def _miskept(
    performance: Performance, observer: Observer, landed: Sequence[Landed]
) -> Iterator[str]:
    topics = {place.topic for place in observer.published_at}
    for outcome, model in _KEPT_IN.items():
        rows = model._default_manager.filter(room=performance.room.name, topic__in=topics)
        kept = (row.message for row in rows)
        problems = verification.miskept(outcome, landed, kept, observer.hashes)
        yield from verification.shortened(problems)
