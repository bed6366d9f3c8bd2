"""Does a large table slow the worker down? And how many statements is a batch?"""

from __future__ import annotations

from typing import Any

from tests.benchmark.contest import Lap, Witness
from tests.benchmark.contestants import OURS
from tests.benchmark.figures import median, rounded
from tests.benchmark.filling import fill_grades
from tests.benchmark.measures.rates import summary
from tests.benchmark.session import Session, log
from tests.benchmark.stream import WARM, Stream
from tests.benchmark.table import NAME, Table

_STATEMENTS = (
    "SELECT sum(calls) FROM pg_stat_statements JOIN pg_database d ON d.oid = dbid"
    " WHERE datname = current_database()"
)
_BATCHES = (
    "SELECT count(DISTINCT pg_xact_commit_timestamp(xmin)::text)"
    f" FROM {NAME} WHERE lms_user_id < {WARM} AND graded_at > '2021-01-01'"
)


class _Filler(Witness):
    """Fills the table and counts statements from the start to the end."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self.per_batch = 0.0

    def prepare(self, table: Table) -> None:
        """Fill."""
        fill_grades(table, self._rows)
        table.query("CREATE EXTENSION pg_stat_statements")

    def start(self, table: Table) -> None:
        """Count from here."""
        table.query("SELECT pg_stat_statements_reset()")

    def end(self, table: Table) -> None:
        """Count; our own few looks at the table are among them."""
        statements = int(table.query(_STATEMENTS)[0][0])
        self.per_batch = statements / int(table.query(_BATCHES)[0][0])


def measure(session: Session) -> list[dict[str, Any]]:
    """Return a summary of races by rows in the table, in turn; half of the events are of those."""
    laps: dict[int, list[Lap]] = {rows: [] for rows in session.plan.grown}
    statements: dict[int, list[float]] = {rows: [] for rows in session.plan.grown}
    with session.postgresql.watched():
        for _ in range(session.plan.repeats):
            for rows in session.plan.grown:
                filler = _Filler(rows)
                stream = Stream.halved(session.plan.size(OURS), filled=rows)
                lap = session.contest.race(OURS, stream, session.postgresql, witness=filler)
                laps[rows].append(lap)
                statements[rows].append(filler.per_batch)
                log.print(f"growth: {rows:,} rows: {lap.rate:,.0f} events/s")
    return [
        {
            "rows": rows,
            **summary(found),
            "statements_per_batch": rounded(median(statements[rows])),
        }
        for rows, found in laps.items()
    ]
