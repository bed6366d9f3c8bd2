"""From the event's time to its committed row, by PostgreSQL's own word.

Each event is a row of its own. With ``track_commit_timestamp`` the database says when the
transaction was committed that wrote it; the same machine's clock said when the event was sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from tests.benchmark.consuming import Consuming
from tests.benchmark.contest import PATIENCE, Cheated, fresh
from tests.benchmark.contestants import HAND, OURS, STOCK, Contestant
from tests.benchmark.figures import percentile, rounded
from tests.benchmark.session import Session, log
from tests.benchmark.stream import WARM, Stream
from tests.benchmark.table import NAME

_TIMES = (
    "SELECT extract(epoch FROM graded_at)::float8,"
    " extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8"
    f" FROM {NAME} WHERE lms_user_id < {WARM}"
)


def measure(session: Session) -> dict[str, Any]:
    """Return latencies of contestants at one rate, and this worker's at several."""
    plan = session.plan
    with session.postgresql.watched():
        contestants = {
            each.name: _latency(session, each, plan.rate, plan.rate * plan.seconds)
            for each in (OURS, HAND, STOCK)
        }
        sweep = [_latency(session, OURS, rate, rate * plan.sweep_seconds) for rate in plan.sweep]
        if plan.sweep:
            sweep.append(_latency(session, OURS, inf, plan.size(OURS)))
    return {
        "rate": plan.rate,
        "seconds": plan.seconds,
        "contestants": contestants,
        "sweep": [contestants[OURS.name], *sweep],
    }


def _latency(session: Session, contestant: Contestant, rate: float, count: int) -> dict[str, Any]:
    """Return milliseconds; ``sent`` is the rate at which the publisher really sent."""
    stream = Stream.of_first_grades(count)
    with fresh(session.postgresql) as (url, table), session.contest.entry(contestant, url) as entry:
        assert isinstance(entry, Consuming)
        entry.warm_up()
        sent = entry.publish_at(stream, rate)
        entry.wait_until_done(PATIENCE)
        times = table.query(_TIMES)
    if len(times) != count:
        raise Cheated(f"{len(times)} rows are there, {count} events were sent.")
    found = summary(times)
    log.print(f"latency: {contestant.name}: {sent:,.0f} events/s: {found}")
    return {"rate": None if rate == inf else rate, "sent": round(sent), **found}


def summary(times: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Return what the seconds of each event and of its commit come to.

    ``settled`` is events per second from the first event to the last commit, ``batch`` how many
    events a transaction has written on average; the latencies are milliseconds.
    """
    latencies = [(committed - sent) * 1000 for sent, committed in times]
    first, last = min(sent for sent, _ in times), max(committed for _, committed in times)
    return {
        "events": len(times),
        "p50": rounded(percentile(latencies, 0.5)),
        "p99": rounded(percentile(latencies, 0.99)),
        "max": rounded(max(latencies)),
        "settled": round(len(times) / (last - first)),
        "batch": rounded(len(times) / len({committed for _, committed in times})),
    }
