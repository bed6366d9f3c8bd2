"""The database fails batches while it is up: they are tried again, and no event is blamed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.aftermath import assert_flawless, outcomes
from tests.faults.arena import Arena
from tests.faults.proxy import Fault, Link, Proxy, lose_answer, lose_request
from tests.faults.sessions import end_connections, is_waiting, lock, make_heavy, transaction
from tests.faults.stream import Said, What, stream
from tests.processes import wait_until

SEED = 20261104
LONG = {
    "postgresql": {"options": "-c deadlock_timeout=3s -c lock_timeout=30s"},
    "mariadb": {"init_command": "SET SESSION innodb_lock_wait_timeout = 30"},
}
"""Options of a URL with which nobody is quicker than the other session."""
DEADLOCK = {"postgresql": "40P01", "mariadb": "1213"}
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


def halves() -> tuple[list[Said], list[Said]]:
    """Return a stream in two halves; the second has news of most rows of the first."""
    said = list(stream(SEED, 1_500))
    return said[:750], said[750:]


def url(arena: Arena, options: dict[str, dict[str, str]]) -> str:
    """Return the URL of the arena's database with options of its server's."""
    return arena.server.url_of(arena.name, **options[arena.server.name])
