"""Do many parked events and dead letters slow the worker down?"""

from __future__ import annotations

from typing import Any

from tests.benchmark.contest import Lap, Witness
from tests.benchmark.contestants import OURS
from tests.benchmark.filling import fill_queues
from tests.benchmark.measures.rates import summary
from tests.benchmark.session import Session, log
from tests.benchmark.stream import Stream
from tests.benchmark.table import Table


class _Filler(Witness):
    """Fills both tables."""

    def __init__(self, rows: int) -> None:
        self._rows = rows

    def prepare(self, table: Table) -> None:
        """Fill."""
        fill_queues(table, self._rows)


def measure(session: Session) -> list[dict[str, Any]]:
    """Return a summary of races by rows in each of the two tables, in turn."""
    laps: dict[int, list[Lap]] = {rows: [] for rows in session.plan.queued}
    for _ in range(session.plan.repeats):
        for rows in session.plan.queued:
            stream = Stream.halved(session.plan.size(OURS))
            filler = _Filler(rows)
            lap = session.contest.race(OURS, stream, session.postgresql, witness=filler)
            laps[rows].append(lap)
            log.print(f"queues: {rows:,} parked and dead: {lap.rate:,.0f} events/s")
    return [{"rows": rows, **summary(found)} for rows, found in laps.items()]
