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
from shared.messages import Message
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
    expected = performance.part.expected_rows(landed)
    stored = performance.part.stored_rows(performance.run)
    problems = [
        *verification.miscounted(performance, outcomes),
        *verification.missing(stream, landed),
        *verification.shortened(verification.unsettled(landed, committed)),
        *_miskept(performance, observer, landed),
        *verification.shortened(verification.differing(expected, stored)),
    ]
    settled = [place for _, place in landed if place in committed]
    return Result(
        produced=len(stream),
        outcomes=outcomes,
        parked=worker.parked,
        latencies=[(committed[place] - observer.published_at[place]) * 1000 for place in settled],
        rows=len(stored),
        problems=problems,
    )


def _miskept(
    performance: Performance, observer: Observer, landed: Sequence[Landed]
) -> Iterator[str]:
    for outcome in _KEPT_IN:
        kept = _kept(performance, outcome)
        problems = verification.miskept(outcome, landed, kept, observer.hashes)
        yield from verification.shortened(problems)


def _kept(performance: Performance, outcome: Outcome) -> Iterator[Message]:
    """Read the messages of the run's topics that the room has stored because they ended so."""
    rows = _KEPT_IN[outcome]._default_manager.filter(
        room=performance.room.name, topic__startswith=f"{performance.run.name}-"
    )
    return (row.message for row in rows)
