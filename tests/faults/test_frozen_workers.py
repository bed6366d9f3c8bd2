"""A worker that is frozen and goes on later: meanwhile the others get on, and it spoils nothing."""

from __future__ import annotations

from random import Random
from time import sleep
from typing import Any

import pytest

from tests.faults.aftermath import assert_flawless
from tests.faults.arena import QUICK, Arena
from tests.faults.progress import watching
from tests.faults.sessions import is_waiting, lock, transaction
from tests.faults.stream import What, stream
from tests.processes import Process, wait_until

SEED = 20261121
FATAL = 3
RATE = 400
SESSION = QUICK["session.timeout.ms"] / 1000


def freeze_again_and_again(arena: Arena, *, times: int) -> None:
    """Freeze one of two workers at random moments, for longer than its session."""
    random = Random(SEED)
    workers = [start(arena) for _ in range(2)]
    arena.wait_for_members(2)
    with arena.publishing(stream(SEED, round(2 * SESSION * times * RATE)), RATE):
        for _ in range(times):
            worker = random.choice(workers)
            sleep(random.uniform(0, SESSION / 4))
            worker.freeze()
            sleep(random.uniform(1.2, 1.6) * SESSION)
            worker.thaw()


def freeze_amid_transaction(arena: Arena) -> Process:
    """Freeze the only worker with rows written and not committed; return it."""
    said = list(stream(SEED, 1_500))
    halves = said[:750], said[750:]
    arena.publish(halves[0])
    before = start(arena)
    arena.wait_for_commits(len(arena.landed))
    before.stop()
    told, again = ({each.code for each in half if each.what is What.SHELF} for half in halves)
    with transaction(arena) as cursor:
        lock(cursor, "testapp_shelf", max(told & again))
        arena.publish(halves[1])
        # It finds a backlog: a batch with many shelves, of which it waits for the last.
        worker = start(arena)
        wait_until(lambda: is_waiting(arena), "the worker to wait for a row")
        worker.freeze()
    return worker


def start(arena: Arena, **options: Any) -> Process:
    """Start a worker whose group soon misses it."""
    return arena.start(EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK | options)


def test_frozen_for_longer_than_the_session(arena, is_full):
    """It comes back with a batch of partitions that are another's: no offset goes back."""
    with watching(arena) as progress:
        freeze_again_and_again(arena, times=20 if is_full else 2)
        assert arena.drain(), arena.logs()
    assert not progress.went_back
    assert_flawless(arena)


def test_frozen_amid_a_transaction(arena):
    """The database lets go of what it had locked, so that the next owner gets on without it."""
    frozen = freeze_amid_transaction(arena)
    start(arena)
    assert arena.drain(), arena.logs()
    frozen.thaw()
    frozen.wait_for(r"batch\.waiting .*The database failed")
    assert_flawless(arena)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_frozen_static_member_was_replaced(arena):
    """Two claim one place in the group: one ends and says why, and doesn't idle for ever."""
    name = {"group.instance.id": "worker-1"}
    frozen = start(arena, **name)
    with arena.publishing(stream(SEED, 1_500), RATE):
        arena.wait_for_commits(1)
        frozen.freeze()
        successor = start(arena, **name)
    assert arena.drain(), arena.logs()
    frozen.thaw()
    # It is told that it is fenced; or notices first that its session is over, and joins anew: then
    # it fences the other.
    workers = (frozen, successor)
    fenced = wait_until(lambda: [each for each in workers if each.has_ended], "an end")
    assert [each.exit_status() for each in fenced] == [FATAL]
    fenced[0].wait_for("^CommandError: Fatal: .*fenced.* Hint: .*group.instance.id")
    assert_flawless(arena, ended=1)
