"""Events per second of every contestant on every database, in turn, in several rounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.benchmark.contest import Lap
from tests.benchmark.contestants import ALL, Contestant
from tests.benchmark.figures import median, rounded
from tests.benchmark.session import Session, log
from tests.benchmark.stream import Stream


def measure(session: Session) -> dict[str, Any]:
    """Return settings, rates and costs by database."""
    laps: dict[str, dict[str, list[Lap]]] = {
        kind: {each.name: [] for each in ALL} for kind in session.wanted
    }
    for number in range(session.plan.rounds):
        for kind, contestant in _round(session, number):
            stream = Stream.halved(session.plan.size(contestant))
            lap = session.contest.race(contestant, stream, session.databases[kind])
            laps[kind][contestant.name].append(lap)
            log.print(f"round {number + 1}: {kind}: {contestant.name}: {lap.rate:,.0f} events/s")
    return {
        kind: {
            "settings": session.databases[kind].settings(),
            "contestants": {name: summary(found) for name, found in by_name.items()},
        }
        for kind, by_name in laps.items()
    }


def _round(session: Session, number: int) -> Iterator[tuple[str, Contestant]]:
    """Yield who runs where; who was first in a round is last in the next one."""
    turn = number % len(ALL)
    for kind in session.wanted:
        for contestant in (*ALL[turn:], *ALL[:turn]):
            yield kind, contestant


def summary(laps: list[Lap]) -> dict[str, Any]:
    """Return what several laps of one contestant came to; costs are microseconds per event."""
    return {
        "events": laps[0].events,
        "rates": [round(lap.rate) for lap in laps],
        "seconds": [rounded(lap.seconds) for lap in laps],
        "worker_us": rounded(median([lap.worker.cpu / lap.events * 1e6 for lap in laps])),
        "database_us": rounded(median([lap.database.cpu / lap.events * 1e6 for lap in laps])),
        "database_bytes": round(median([lap.database.written / lap.events for lap in laps])),
        "peak": max(lap.peak for lap in laps),
    }
