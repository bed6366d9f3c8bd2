"""The database goes away amid a batch and comes back; nothing tells of it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from time import sleep
from typing import Any

from tests.faults.aftermath import assert_flawless
from tests.faults.arena import QUICK, Arena
from tests.faults.sessions import end_connections
from tests.faults.stream import stream

SEED = 20261103
# Small batches are many, and a random moment finds one in each of its steps.
BATCHES = {"BATCH_SIZE": 100}
POLL_INTERVAL = 2.0


def kill_database(arena: Arena, *, events: int, times: int) -> None:
    """Kill the server at random moments of a backlog, and start it again."""

    def kill() -> None:
        arena.server.kill()
        arena.server.start()

    _disturb(arena, kill, events=events, times=times)


def restart_database(arena: Arena, *, events: int, times: int = 3) -> None:
    """Restart the server at random moments of a backlog, as an upgrade does."""
    _disturb(arena, arena.server.restart, events=events, times=times)


def drop_connections(arena: Arena, *, events: int, times: int = 10) -> None:
    """Let the server end all connections at random moments of a backlog."""
    _disturb(arena, partial(end_connections, arena), events=events, times=times)


def freeze_database(arena: Arena, *, events: int, seconds: float) -> None:
    """Freeze the server amid a backlog, for longer than its clients may leave the broker alone."""

    def freeze() -> None:
        arena.server.pause()
        sleep(seconds)
        arena.server.resume()

    config = {**QUICK, "max.poll.interval.ms": int(POLL_INTERVAL * 1000)}
    _disturb(arena, freeze, events=events, times=1, config=config)


def _disturb(
    arena: Arena,
    disturb: Callable[[], None],
    *,
    events: int,
    times: int,
    config: Mapping[str, Any] | None = None,
) -> None:
    random = Random(SEED)
    arena.publish(stream(SEED, events))
    arena.start(EVENT_SYNC=BATCHES, EVENT_SYNC_KAFKA_CONSUMER_CONFIG=config or {})
    for moment in sorted(random.randrange(1, events) for _ in range(times)):
        arena.wait_for_commits(moment)
        disturb()


def test_killed_at_random_moments(arena, is_full):
    """The worker waits until it is back, and loses neither its place nor an event."""
    kill_database(arena, events=100_000 if is_full else 4_000, times=30 if is_full else 3)
    assert_flawless(arena)
    (worker, _) = arena.workers
    assert "batch.waiting" in worker.output
    assert "partitions.lost" not in worker.output


def test_restarted_at_random_moments(arena, is_full):
    """A server that says good-bye is waited for as one that doesn't."""
    restart_database(arena, events=100_000 if is_full else 4_000, times=10 if is_full else 2)
    assert_flawless(arena)
    (worker, _) = arena.workers
    assert "batch.waiting" in worker.output


def test_connections_dropped_at_random_moments(arena, is_full):
    """A batch whose connection was ended is settled on the next one."""
    drop_connections(arena, events=100_000 if is_full else 4_000, times=100 if is_full else 6)
    assert_flawless(arena)
    (worker, _) = arena.workers
    assert "batch.waiting" in worker.output


def test_frozen_for_longer_than_the_poll_interval(arena):
    """It costs the worker its place in the group, as the docs say, and no event."""
    freeze_database(arena, events=3_000, seconds=2 * POLL_INTERVAL)
    assert_flawless(arena)
    (worker, _) = arena.workers
    assert "partitions.lost" in worker.output
