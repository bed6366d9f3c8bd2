"""A flood of poison stops the worker before it buries what a broken deploy can't settle."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

import pytest

from tests.faults.aftermath import assert_flawless, dead_letters, passed_by
from tests.faults.arena import Arena
from tests.faults.stream import Said, What, expected, stream
from tests.processes import Process

SEED = 20261108
FATAL = 3
STARTS = 2
HEALTHY = 500
SHELVES = 8
LET_THROUGH = {"FLOOD_RUN": 1000, "FLOOD_RATIO": 1.0}
_FILTERS = [f"{__name__}.broken"]
BROKEN = {"FILTERS": {"shelves": _FILTERS, "books": _FILTERS}}

_BURST = 150
_LATER = 1_000_000


def broken(data: Any, metadata: Any) -> bool:
    """Fail for every event, as a filter of a broken deploy does."""
    raise LookupError


def poison(count: int, good_every: int) -> Iterator[Said]:
    """Yield messages of which all but each so-manieth, by shelf, can't be decoded or stored."""
    shelves = [Said(What.SHELF, _LATER, f"flooded-{n}", text="a shelf") for n in range(SHELVES)]
    yield from shelves
    for number, shelf in enumerate(islice(cycle(shelves), count)):
        turn, time = number // SHELVES, _LATER + number
        what = What.UNSTORABLE if turn % 10 == 0 else What.UNDECODABLE
        if turn % good_every == good_every - 1:
            yield Said(What.BOOK, time, shelf.code, f"good-{number}", "good", 1)
        else:
            yield Said(what, time, shelf.code, f"bad-{number}", "bad", -1)


def flood(arena: Arena, *, events: int) -> Process:
    """Flood a worker that has settled what is healthy; it may end by itself."""
    worker = arena.start()
    arena.publish(stream(SEED, HEALTHY))
    arena.drain()
    arena.publish(poison(events, good_every=_BURST))
    return worker


def assert_stopped_by_flood(arena: Arena, worker: Process, what: str) -> None:
    """Assert one clear line, and that the database holds what the group has committed."""
    assert worker.exit_status() == FATAL
    worker.wait_for(rf"^CommandError: Fatal: {what} ended as dead letters; .*Hint: .*FLOOD_RUN")
    assert worker.output.count("Fatal") == 1
    assert dead_letters(arena) == expected(passed_by(arena)).dead


def test_flood_of_poison(arena, is_full):
    """The worker stops, as often as it is started; with the limits raised all is buried."""
    worker = flood(arena, events=20_000 if is_full else 1_200)
    assert sum(arena.committed().values()) >= HEALTHY
    assert_stopped_by_flood(arena, worker, "100 events in a row")
    committed = arena.committed()
    for _ in range(STARTS):
        assert_stopped_by_flood(arena, arena.start(), "100 events in a row")
        assert arena.committed() == committed
    arena.start(EVENT_SYNC=LET_THROUGH)
    assert_flawless(arena, ended=1 + STARTS, EVENT_SYNC=LET_THROUGH)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("good_every", "batch_size", "what", "most"),
    [
        (20, 40, "100 events in a row", SHELVES + 99),
        (4, 500, r"\d+ of the last 1000 events", 999),
    ],
    ids=["run", "share"],
)
def test_restarts_do_not_crawl_ahead(make_arena, good_every, batch_size, what, most):
    """However often a worker is started, all of them bury less than what stops one."""
    arena = make_arena(partitions=1)
    arena.publish(poison(1_500, good_every))
    for _ in range(STARTS):
        worker = arena.start(EVENT_SYNC={"BATCH_SIZE": batch_size})
        assert_stopped_by_flood(arena, worker, what)
        assert sum(arena.committed().values()) <= most


def test_broken_deploy(arena):
    """It buries nothing of a healthy backlog; the mended one finds every event."""
    # A book that isn't wanted is refused before the broken filter is asked, and breaks a run.
    arena.publish(said for said in stream(SEED, 2_000) if said.what is not What.UNWANTED)
    for _ in range(STARTS):
        worker = arena.start(EVENT_SYNC=BROKEN)
        assert worker.exit_status() == FATAL
        worker.wait_for("^CommandError: Fatal: 100 events in a row ended as dead letters")
        assert arena.committed() == {}
        assert dead_letters(arena) == set()
    arena.start()
    assert_flawless(arena, ended=STARTS)
