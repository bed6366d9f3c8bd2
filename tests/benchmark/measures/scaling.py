"""What more workers of one group bring on one topic, with broker and database on this machine."""

from __future__ import annotations

import os
from typing import Any

from tests.benchmark.contest import Lap
from tests.benchmark.contestants import OURS
from tests.benchmark.figures import median
from tests.benchmark.measures.rates import summary
from tests.benchmark.session import Session, log
from tests.benchmark.stream import Stream


def measure(session: Session) -> dict[str, Any]:
    """Return a summary of races by number of workers, in turn."""
    cores = os.cpu_count() or 1
    laps: dict[int, list[Lap]] = {each: [] for each in session.plan.workers if each <= cores}
    for _ in range(session.plan.repeats):
        for workers in laps:
            stream = Stream.halved(session.plan.size(OURS))
            lap = session.contest.race(OURS, stream, session.postgresql, workers=workers)
            laps[workers].append(lap)
            log.print(f"scaling: {workers} workers: {lap.rate:,.0f} events/s")
    bytes_per_event = [lap.topic_bytes / lap.events for found in laps.values() for lap in found]
    return {
        "cores": cores,
        "topic_bytes": round(median(bytes_per_event)),
        "results": [{"workers": workers, **summary(found)} for workers, found in laps.items()],
    }
