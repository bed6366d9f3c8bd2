"""The database fails batches while it is up: they are tried again, and no event is blamed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.faults.aftermath import assert_flawless, outcomes
from tests.faults.arena import Arena
from tests.faults.proxy import Fault, Link, Proxy, lose_answer, lose_request
from tests.faults.sessions import end_connections, is_waiting, lock, make_heavy, transaction
from tests.faults.stream import Said, What, row_key, stream
from tests.processes import wait_until

SEED = 20261104
LONG = {
    "postgresql": {"options": "-c deadlock_timeout=3s -c lock_timeout=30s"},
    "mariadb": {"init_command": "SET SESSION innodb_lock_wait_timeout = 30"},
}
"""Options of a URL with which nobody is quicker than the other session."""
SHORT = {
    "postgresql": {"options": "-c lock_timeout=300ms"},
    "mariadb": {"init_command": "SET SESSION innodb_lock_wait_timeout = 1"},
}
"""Options of a URL with which the worker soon gives a lock up."""
DEADLOCK = {"postgresql": "40P01", "mariadb": "1213"}
TIMEOUT = {"postgresql": "55P03", "mariadb": "1205"}
CONNECTION_ENDED = {"postgresql": "57P01", "mariadb": "20(06|13|27)|1927"}


@contextmanager
def faulty_commits(arena: Arena, fault: Fault) -> Iterator[Proxy]:
    """Let a worker settle a backlog by way of a proxy: something happens at each third commit."""
    arena.publish(stream(SEED, 1_200))
    url = arena.environment()["DATABASE_URL"]
    with Proxy(arena.server.address, fault, every=3) as proxy:
        indirect = url.replace(arena.server.address, proxy.address)
        arena.start(EVENT_SYNC={"BATCH_SIZE": 100}, DATABASE_URL=indirect)
        yield proxy


def assert_flawless_and_counted_once(arena: Arena) -> None:
    """Assert that no batch that failed has left a trace, not even in the counts."""
    assert_flawless(arena)
    # Once by each of the two runs.
    assert sum(outcomes(arena).values()) == 2 * len(arena.landed)


def test_connection_is_reset_before_the_commit(arena):
    """What was written is rolled back, and written once more."""
    with faulty_commits(arena, lose_request) as proxy:
        assert_flawless_and_counted_once(arena)
    assert proxy.faults > 1


def test_server_ends_the_connection_before_the_commit(arena):
    """An administrator's order between write and commit is no reason to lose or bury."""

    def end(link: Link) -> None:
        end_connections(arena)
        link.answer()
        link.cut()

    with faulty_commits(arena, end):
        assert_flawless_and_counted_once(arena)
    arena.workers[0].wait_for(f"batch.waiting .*({CONNECTION_ENDED[arena.server.name]})")


def test_commit_takes_place_and_nobody_hears_of_it(arena):
    """Settled once more, the batch changes nothing; only the counts have it twice."""
    with faulty_commits(arena, lose_answer) as proxy:
        assert_flawless(arena)
    assert proxy.faults > 1
    assert sum(outcomes(arena).values()) > 2 * len(arena.landed)


def test_deadlock(arena):
    """The database rolls the worker's transaction back to let another go on, and it is retried."""
    first, second = halves()
    arena.publish(first)
    settled = arena.start()
    assert arena.drain(), settled.tail
    assert settled.stop() == 0, settled.tail
    *others, last = sorted({said.code for said in first if said.what is What.SHELF})
    with transaction(arena) as cursor:
        make_heavy(cursor, arena)
        lock(cursor, "testapp_shelf", last)
        arena.publish(second)
        # It finds a backlog: a batch with many shelves, of which it waits for the last.
        worker = arena.start(DATABASE_URL=url(arena, LONG))
        wait_until(lambda: is_waiting(arena), "the worker to wait for a row")
        for code in others:
            lock(cursor, "testapp_shelf", code)
    worker.wait_for(rf"batch\.waiting .*\({DEADLOCK[arena.server.name]}\)")
    assert_flawless(arena)


@pytest.mark.parametrize("table", ["testapp_shelf", "testapp_book"])
def test_row_is_locked_for_long(arena, table):
    """However often the lock is waited for in vain: the event is not at fault."""
    first, second = halves()
    arena.publish(first)
    worker = arena.start(DATABASE_URL=url(arena, SHORT), EVENT_SYNC={"ISOLATE_AFTER_ATTEMPTS": 2})
    assert arena.drain(), worker.tail
    tries = f"({TIMEOUT[arena.server.name]})"
    with transaction(arena) as cursor:
        lock(cursor, table, told_again(first, second, table))
        arena.publish(second)
        wait_until(
            lambda: worker.output.count(tries) > 3 or arena.committed() == arena.ends(),
            "more tries than it takes to suspect an event",
        )
    assert_flawless(arena)
    assert tries in worker.output


def halves() -> tuple[list[Said], list[Said]]:
    """Return a stream in two halves; the second has news of most rows of the first."""
    said = list(stream(SEED, 1_500))
    return said[:750], said[750:]


def told_again(first: list[Said], second: list[Said], table: str) -> str:
    """Return the key of a row of the first half of which the second says as little as can be."""
    what = What.SHELF if table == "testapp_shelf" else What.BOOK
    there = {row_key(said)[1] for said in first if said.what is what}
    told = Counter(row_key(said)[1] for said in second if said.what is what)
    return min(there & set(told), key=lambda key: (told[key], key))


def url(arena: Arena, options: dict[str, dict[str, str]]) -> str:
    """Return the URL of the arena's database with options of its server's."""
    return arena.server.url_of(arena.name, **options[arena.server.name])
