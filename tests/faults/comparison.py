"""Scenarios with one contestant after the other, each in an arena of its own, and what is found.

A contestant that gets stuck or ends is a finding. What it would find on its way back to work is
part of the scenario too: a worker that has ended is started again, as by a process manager.
"""

from __future__ import annotations

import os
import platform
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

from rich.console import Console

from tests.benchmark.contestants import Contestant
from tests.faults.aftermath import Damage, damage
from tests.faults.arena import QUICK, Arena
from tests.faults.contestants import OURS, STOCK
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.faults.versions import versions
from tests.processes import Process
from tests.services import Services, running
from tests.services.database import DatabaseServer

PATIENCE = 120
"""So many seconds without a commit, and a contestant is stuck: a killed member's partitions wait
for librdkafka's session timeout, which the stock consumer has no setting for."""
RESTARTS = 5
FATAL = (2, 3)
"""Exit statuses that ask for a person: this worker's documentation says not to start it again."""
_LULL = 3.0

log = Console(stderr=True, markup=False)


class NoScenario(Exception):
    """No scenario bears the name that was asked for; the text has those that there are."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one contestant came to in one scenario."""

    scenario: str
    is_hand_over: bool
    contestant: str
    published: int
    lost: int
    bad_lost: int
    wrong: int
    uncommitted: int
    outcome: str
    """``settled``, ``stuck`` or ``ended``."""
    is_cut_short: bool
    """Whether the scenario gave up waiting for the contestant."""
    ended: list[int]
    """The exit statuses of workers that ended without being told to."""
    told: int | None
    """The exit status on SIGTERM; None if no worker was left."""
    seconds: float
    """From the scenario's beginning until all was settled, or nothing was to be hoped for."""
    taken_over: float | None
    longest_pause: float | None


def play(
    scenario: Scenario,
    contestant: Contestant,
    services: Services,
    server: DatabaseServer,
    folder: Path,
) -> Result:
    """Run a scenario with a contestant, wait until it has come to an end, and judge."""
    services.mend()
    options = {"contestant": contestant, "patience": PATIENCE, **scenario.arena}
    with closing(Arena(services, server, folder, **options)) as arena:
        started = monotonic()
        found, is_cut_short = _run(scenario, arena)
        services.mend()
        arena.publish(())  # what was on its way when the scenario was cut short
        return Result(
            scenario=scenario.title,
            is_hand_over=scenario.is_hand_over,
            contestant=contestant.name,
            is_cut_short=is_cut_short,
            outcome=_settle(arena),
            seconds=round(monotonic() - started, 1),
            **_pauses(found if scenario.is_hand_over else None),
            **_judge(arena),
        )


def _run(scenario: Scenario, arena: Arena) -> tuple[Any, bool]:
    """Return what a scenario returns, and whether it gave up."""
    try:
        return scenario.run(arena, **scenario.arguments), False
    except AssertionError as error:
        log.print(f"{scenario.title}: {arena.contestant.name}: cut short\n{str(error)[-2000:]}")
        return None, True


def _settle(arena: Arena) -> str:
    for _ in range(RESTARTS + 1):
        if arena.drain(is_over=partial(_is_deserted, arena)):
            return "settled"
        if not _is_deserted(arena):
            return "stuck"
        if arena.workers[-1].exit_status() in FATAL:
            break
        arena.start(EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK)
    return "ended"


def _is_deserted(arena: Arena) -> bool:
    return all(worker.has_ended for worker in arena.workers)


def _judge(arena: Arena) -> dict[str, Any]:
    """Return the damage and how workers have ended, and stop those that haven't."""
    return {
        "published": len(arena.landed),
        **asdict(_lasting_damage(arena)),
        "ended": [each.exit_status() for each in arena.workers if _has_ended_by_itself(each)],
        "told": _stop(arena),
    }


def _lasting_damage(arena: Arena) -> Damage:
    """Return the damage once nothing mends it any more, such as the retry of a parked event."""
    found = damage(arena)
    sleep(_LULL)
    while (now := damage(arena)) != found:
        found = now
        sleep(_LULL)
    return found


def _has_ended_by_itself(worker: Process) -> bool:
    return worker.has_ended and not worker.was_told_to_end


def _stop(arena: Arena) -> int | None:
    """Stop who is left, and return the last exit status."""
    statuses = [worker.stop() for worker in arena.workers if not worker.has_ended]
    return statuses[-1] if statuses else None


def _pauses(found: Any) -> dict[str, Any]:
    """Return the figures of a hand-over, None each if it was cut short."""
    names = ("taken_over", "longest_pause")
    if found is None:
        return dict.fromkeys(names)
    return {name: round(getattr(found, name), 2) for name in names}


def compare(database: str, only: str = "") -> dict[str, Any]:
    """Run the scenarios that have ``only`` in their names with both; return all that is to tell.

    The page is made from the answer alone. Raises ``NoScenario``, and ``NotRunning`` without
    servers.
    """
    wanted = [scenario for scenario in SCENARIOS if only in scenario.title]
    if not wanted:
        titles = "; ".join(scenario.title for scenario in SCENARIOS)
        raise NoScenario(f"No scenario has {only!r} in its name. There are: {titles}.")
    services = running()
    server: DatabaseServer = getattr(services, database)
    results: list[Result] = []
    with TemporaryDirectory() as folder:
        for scenario, contestant in product(wanted, (OURS, STOCK)):
            log.print(f"{scenario.title}: {contestant.name} …")
            results.append(play(scenario, contestant, services, server, Path(folder)))
            log.print(f"  {results[-1]}")
    services.mend()
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "versions": versions(server),
        "patience": PATIENCE,
        "restarts": RESTARTS,
        "fatal": FATAL,
        "session": QUICK["session.timeout.ms"] / 1000,
        "results": [asdict(result) for result in results],
    }
