"""A worker that is killed at any moment loses nothing, and nobody else's work."""

from __future__ import annotations

from random import Random

from tests.faults.aftermath import assert_flawless
from tests.faults.arena import QUICK, Arena
from tests.faults.stream import stream

SEED = 20261101


def kill_again_and_again(arena: Arena, *, events: int, kills: int) -> None:
    """Kill the only worker at random moments of a backlog, and start another."""
    random = Random(SEED)
    arena.publish(stream(SEED, events))
    for moment in sorted(random.randrange(1, events) for _ in range(kills)):
        worker = arena.start(EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK)
        arena.wait_for_commits(moment)
        worker.kill()
    arena.start(EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK)


def test_killed_at_random_moments(arena, is_full):
    """Whatever it was doing: the next one goes on where the database ends."""
    kill_again_and_again(arena, events=100_000 if is_full else 5_000, kills=30 if is_full else 4)
    assert_flawless(arena)
