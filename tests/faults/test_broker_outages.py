"""A broker that is killed or freezes is waited for; its events and offsets outlive it."""

from __future__ import annotations

import re
from functools import partial
from time import sleep

import pytest

from tests.faults.aftermath import assert_flawless
from tests.faults.arena import QUICK, Arena
from tests.faults.stream import stream
from tests.processes import TO_END, Process, wait_until

SEED = 20261102
_PUBLISHING = 10.0
"""How many seconds a stream is spread over, so that the faults meet it."""

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def kill_broker(arena: Arena, *, events: int, kills: int = 3) -> None:
    """Kill the broker again and again while it is written to and two workers read from it."""
    for _ in range(2):
        arena.start(EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK)
    arena.wait_for_members(2)
    settled = 0
    with arena.publishing(stream(SEED, events), rate=events / _PUBLISHING):
        for number in range(kills):
            _wait_for_landed(arena, events * number // kills + 1)
            settled = arena.wait_for_commits(settled + 1)
            arena.services.kafka.kill()
            arena.services.kafka.start()


def _wait_for_landed(arena: Arena, count: int) -> None:
    wait_until(lambda: len(arena.landed) >= count, f"{count} messages on the broker")


def freeze_broker(arena: Arena, *, events: int, seconds: float = 6.0) -> None:
    """Freeze the broker amid a stream for longer than the session of the two workers."""
    for _ in range(2):
        arena.start(EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK)
    arena.wait_for_members(2)
    with arena.publishing(stream(SEED, events), rate=events / _PUBLISHING):
        arena.wait_for_commits(events // 10)
        arena.services.kafka.pause()
        sleep(seconds)
        arena.services.kafka.resume()


def has_joined_again(worker: Process) -> bool:
    """Return whether a worker was given partitions after it had lost some.

    The broker doesn't tell: for a while the group has the members of before.
    """
    since = worker.output.rpartition("partitions.lost")[2]
    return re.search(r"partitions\.assigned partitions=(?!none)", since) is not None


def test_killed_amid_a_stream(arena, is_full):
    """The workers go on with the broker that comes back, without a restart of their own."""
    kill_broker(arena, events=100_000 if is_full else 3_000, kills=10 if is_full else 2)
    assert not any(worker.has_ended for worker in arena.workers), arena.logs()
    assert_flawless(arena)


def test_frozen_for_longer_than_the_session(arena, is_full):
    """Each worker lets go of its partitions, joins again, and every event is found."""
    freeze_broker(arena, events=100_000 if is_full else 3_000)
    for worker in arena.workers:
        worker.wait_for("partitions.lost")
        wait_until(partial(has_joined_again, worker), "partitions after those that were lost")
    arena.wait_for_members(2)
    assert not any(worker.has_ended for worker in arena.workers), arena.logs()
    assert_flawless(arena)


def test_worker_starts_before_its_broker(arena):
    """It waits, and works once the broker is there."""
    arena.publish(stream(SEED, 500))
    arena.services.kafka.kill()
    worker = arena.start()
    worker.wait_for("broker.waiting")
    arena.services.kafka.start()
    assert_flawless(arena)


@pytest.mark.parametrize("fault", ["kill", "pause"])
def test_worker_is_stopped_meanwhile(arena, fault):
    """Whether it is at work, waits for the broker or never met it: it ends soon, and well."""
    at_work, waiting = (
        arena.start(EVENT_SYNC={"BATCH_SIZE": 20}, EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK)
        for _ in range(2)
    )
    arena.wait_for_members(2)
    arena.publish(stream(SEED, 5_000))
    arena.wait_for_commits(100)
    getattr(arena.services.kafka, fault)()
    assert at_work.stop(timeout=TO_END) == 0
    new = arena.start()
    # A frozen broker refuses no connection: it is missed when the session is over.
    waiting.wait_for("partitions.lost|broker.waiting")
    assert waiting.stop(timeout=TO_END) == 0
    new.wait_for("worker.started")
    assert new.stop(timeout=TO_END) == 0
    arena.services.kafka.start()
    arena.start()
    assert_flawless(arena)
