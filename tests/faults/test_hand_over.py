"""A worker that is told to stop hands its partitions over soon: a deployment is no outage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeAlias

import pytest

from shared.kafka.config import MEMBERSHIP
from tests.faults.aftermath import assert_flawless
from tests.faults.arena import STUCK, Arena
from tests.faults.contestants import STOCK
from tests.faults.progress import (
    trickling,
    wait_until_going_on,
    watching,
)
from tests.processes import Process

LIMIT = 3.0
"""Seconds; what is promised, with the options that a worker has without any setting."""
SESSION = MEMBERSHIP["session.timeout.ms"] / 1000
ASSIGNORS = {
    "cooperative": {},
    "eager": {"partition.assignment.strategy": "range,roundrobin"},
}

End: TypeAlias = Callable[[Process], object]
"""A way to end a worker; it returns once the process is gone."""


@dataclass(frozen=True)
class HandOver:
    """What the partitions' change of hands cost, in seconds."""

    taken_over: float
    """From the signal until every partition went on without that worker; of steps the longest."""
    longest_pause: float
    """The longest time that a partition with messages left stood still, for joins too."""

    def __str__(self) -> str:
        taken, pause = round(1000 * self.taken_over), round(1000 * self.longest_pause)
        return f"taken over after {taken} ms, longest pause of a partition {pause} ms"


def end_one_of_two(arena: Arena, end: End = Process.stop, **environment: Any) -> HandOver:
    """End one of two workers under load, by SIGTERM unless ``end`` says otherwise."""
    leaver, _ = group_of(arena, 2, **environment)
    with trickling(arena), watching(arena) as progress:
        taken_over = leave(arena, leaver, end)
    return HandOver(taken_over, progress.longest_pause)


def restart_one_by_one(
    arena: Arena, *, workers: int, replacement_first: bool, **environment: Any
) -> HandOver:
    """Replace each worker of a group by another under load, as a deployment does."""
    steps = []
    leavers = group_of(arena, workers, **environment)
    with trickling(arena), watching(arena) as progress:
        for leaver in leavers:
            if replacement_first:
                arena.start(**environment)
                arena.wait_for_members(workers + 1)
            steps.append(leave(arena, leaver))
            if not replacement_first:
                arena.start(**environment)
            arena.wait_for_members(workers)
    return HandOver(max(steps), progress.longest_pause)


def group_of(arena: Arena, workers: int, **environment: Any) -> list[Process]:
    """Start workers that share the partitions."""
    members = [arena.start(**environment) for _ in range(workers)]
    arena.wait_for_members(workers)
    return members


def leave(arena: Arena, leaver: Process, end: End = Process.stop) -> float:
    """End a worker; return after how many seconds the others went on with every partition."""
    wait_until_going_on(arena)
    ended = monotonic()
    end(leaver)
    wait_until_going_on(arena)
    return monotonic() - ended


@pytest.mark.parametrize("assignor", ASSIGNORS)
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
class TestHandOver:
    """Of workers whose session and heartbeat nobody has set; the database takes no part in it."""

    def test_one_of_two_is_stopped(self, arena, assignor, report):
        """The other has its partitions in time, and no partition stands still for longer."""
        found = end_one_of_two(arena, **using(assignor))
        check(arena, found, f"SIGTERM of one of two, {assignor}", report)

    @pytest.mark.parametrize("replacement_first", [True, False])
    def test_rolling_restart(self, arena, assignor, replacement_first, is_full, report):
        """The same goes for each step, whether the replacement comes before or after."""
        found = restart_one_by_one(
            arena,
            workers=3 if is_full else 2,
            replacement_first=replacement_first,
            **using(assignor),
        )
        order = "replacement first" if replacement_first else "replacement afterwards"
        check(arena, found, f"rolling restart, {order}, {assignor}", report)


def using(assignor: str) -> dict[str, Any]:
    """Return the environment of workers with an assignor, and nothing else set."""
    return {"EVENT_SYNC_KAFKA_CONSUMER_CONFIG": ASSIGNORS[assignor]}


def check(
    arena: Arena, found: HandOver, what: str, report: Callable[[str], None], limit: float = LIMIT
) -> None:
    """Report what was measured and assert what is promised."""
    report(f"{what}: {found}")
    assert found.taken_over < limit, arena.logs()
    assert found.longest_pause < limit, arena.logs()
    assert_flawless(arena)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_one_of_two_is_killed(arena, report):
    """Its partitions wait for its session beside that, for it could not leave."""
    check(
        arena,
        end_one_of_two(arena, Process.kill),
        "SIGKILL of one of two",
        report,
        limit=SESSION + LIMIT,
    )


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_stock_consumer_in_the_same_place(make_arena, is_full, report):
    """It dies without leaving its group: what it had waits for the session timeout."""
    if not is_full:
        pytest.skip("It waits for librdkafka's session timeout, 45 s: FULL=1")
    # Outlasts the session and the backlog that it leaves.
    arena = make_arena(contestant=STOCK, patience=2 * STUCK)
    found = end_one_of_two(arena)
    report(f"SIGTERM of one of two, stock consumer: {found}")
    assert found.taken_over > LIMIT
