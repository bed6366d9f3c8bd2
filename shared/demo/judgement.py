"""Compares what came of a room's stream with what was to come of it."""

from __future__ import annotations

from collections import Counter

from shared.demo import verification
from shared.demo.observer import Observer
from shared.demo.part import Performance
from shared.demo.processes import WorkerProcess
from shared.demo.results import Result
from shared.outcomes import Outcome


def judge(
    performance: Performance, worker: WorkerProcess, observer: Observer, outcomes: Counter[Outcome]
) -> Result:
    """Return how a room's stream ended. Reads the room's table.

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
