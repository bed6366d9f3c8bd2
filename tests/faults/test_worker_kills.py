"""A worker that is killed at any moment loses nothing, and nobody else's work."""

from __future__ import annotations

import signal
from random import Random
from time import sleep
from typing import Any

from tests.faults.aftermath import assert_flawless
from tests.faults.arena import QUICK, STUCK, Arena
from tests.faults.stream import stream
from tests.processes import Process

SEED = 20261101


def kill_again_and_again(arena: Arena, *, events: int, kills: int) -> None:
    """Kill the only worker at random moments of a backlog, and start another."""
    random = Random(SEED)
    arena.publish(stream(SEED, events))
    for moment in sorted(random.randrange(1, events) for _ in range(kills)):
        worker = start(arena)
        arena.wait_for_commits(moment)
        kill(worker, random)
    start(arena)


def kill_one_of_two(arena: Arena, *, events: int, kills: int) -> None:
    """Again and again publish, kill one of two workers meanwhile, and leave the rest to the other.

    Then another joins. It is killed next, or the one that has been there for longer.
    """
    random = Random(SEED)
    messages = list(stream(SEED, events))
    size = -(-len(messages) // kills)
    workers = [start(arena)]
    for done in range(0, len(messages), size):
        workers.append(start(arena))
        arena.wait_for_members(2)
        arena.publish(messages[done : done + size])
        arena.wait_for_commits(done + random.randrange(size // 2))
        kill(workers.pop(random.randrange(2)), random)
        arena.drain()


def die_beside_writes(arena: Arena, *, events: int, deaths: int) -> None:
    """Let one worker after the other die before its write, before its commit, or after it."""
    arena.publish(stream(SEED, events))
    danger = {name: f"tests.danger.{name}" for name in ("shelves", "books")}
    for number in range(deaths):
        worker = start(
            arena, DANGER_SEED=number, EVENT_SYNC={"BATCH_SIZE": 20, "DESTINATIONS": danger}
        )
        assert worker.exit_status(STUCK) == -signal.SIGKILL, worker.tail
    start(arena)


def start(arena: Arena, **environment: Any) -> Process:
    """Start a worker whose group notices soon that it is dead."""
    return arena.start(EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK, **environment)


def kill(worker: Process, random: Random) -> None:
    """Kill a worker at any point of the batch that it has under way."""
    sleep(random.uniform(0, 0.2))
    worker.kill()


def test_killed_at_random_moments(arena, is_full):
    """Whatever it was doing: the next one goes on where the database ends."""
    kill_again_and_again(arena, events=100_000 if is_full else 5_000, kills=30 if is_full else 3)
    assert_flawless(arena)


def test_killed_beside_another(arena, is_full):
    """The other goes on with its own part, and soon with that of the dead."""
    kill_one_of_two(arena, events=100_000 if is_full else 4_000, kills=10 if is_full else 2)
    assert_flawless(arena)


def test_killed_where_it_hurts_most(arena, is_full):
    """Between the database's commit and that of the offsets, or with half a batch written."""
    deaths = 12 if is_full else 3
    die_beside_writes(arena, events=10_000 if is_full else 2_000, deaths=deaths)
    assert_flawless(arena, ended=deaths)
