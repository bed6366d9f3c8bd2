"""A group whose members come and go all the time still gets on, and settles everything once."""

from __future__ import annotations

import signal
from random import Random
from time import monotonic, sleep
from typing import Any, TypeAlias

import pytest

from tests.faults.aftermath import assert_flawless
from tests.faults.arena import QUICK, STUCK, Arena
from tests.faults.progress import watching
from tests.faults.stream import stream
from tests.processes import Process

Options: TypeAlias = dict[str, Any]

SEED = 20261104
PRESENT, ABSENT = 4, 2
"""So many workers at a time, and so many of whom a static group remembers that they may return."""
RATE = 400
STATIC: Options = {"group.instance.id": "worker-{number}"}
EAGER: Options = {"partition.assignment.strategy": "range,roundrobin"}
MEMBERSHIPS: dict[str, Options] = {
    "cooperative": QUICK,
    "eager": QUICK | EAGER,
    "static, cooperative": QUICK | STATIC,
    "static, eager": QUICK | STATIC | EAGER,
    "KIP-848": {"group.protocol": "consumer"},
}
"""The options of a worker; a static member bears its number, and doesn't leave when it stops."""


def storm(arena: Arena, *, rounds: int, membership: Options, least: int = 0) -> None:
    """Every second let one worker stop and another join, under load.

    It goes on for so many rounds, and until at least so many messages are settled.
    """
    random = Random(SEED)
    present = {number: join(arena, number, membership) for number in range(PRESENT)}
    absent = [*range(PRESENT, PRESENT + ABSENT)]
    until = monotonic() + rounds + STUCK
    with arena.publishing(stream(SEED, rounds * RATE), RATE):
        arena.wait_for_commits(1)
        while rounds > 0 or sum(arena.committed().values()) < least:
            assert monotonic() < until, arena.logs()
            rounds -= 1
            began = monotonic()
            leaver, joiner = random.choice(list(present)), random.choice(absent)
            present.pop(leaver).stop()
            absent[absent.index(joiner)] = leaver
            present[joiner] = join(arena, joiner, membership)
            sleep(max(0.0, began + 1 - monotonic()))


def join(arena: Arena, number: int, membership: Options) -> Process:
    """Start the worker of this number."""
    options = {
        name: value.format(number=number) if isinstance(value, str) else value
        for name, value in membership.items()
    }
    return arena.start(EVENT_SYNC_KAFKA_CONSUMER_CONFIG=options)


@pytest.mark.parametrize("membership", MEMBERSHIPS)
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_workers_come_and_go(arena, membership, is_full, report):
    """The group gets on meanwhile, its offsets never go back, and each worker ends in order."""
    rounds = 60 if is_full else 6
    with watching(arena) as progress:
        storm(
            arena, rounds=rounds, membership=MEMBERSHIPS[membership], least=rounds * RATE * 3 // 4
        )
        settled = sum(arena.committed().values())
    report(
        f"rebalance storm, {membership}: {settled} of {len(arena.landed)} messages settled "
        f"meanwhile, longest pause of a partition {progress.longest_pause:.1f} s"
    )
    assert not progress.went_back
    statuses = {worker.exit_status() for worker in arena.workers if worker.has_ended}
    # Who is told to stop before it has set up its handlers ends as any other process.
    assert statuses <= {0, -signal.SIGTERM}, arena.logs()
    assert_flawless(arena)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_topic_grows(arena):
    """Keys go to other partitions, and new ones are read from their first message."""
    options = QUICK | {"topic.metadata.refresh.interval.ms": 500}
    for _ in range(2):
        arena.start(EVENT_SYNC_KAFKA_CONSUMER_CONFIG=options)
    said, before = list(stream(SEED, 1200)), arena.partitions
    with arena.publishing(said[:600], RATE):
        arena.wait_for_commits(1)
    arena.grow(before + 3)
    arena.publish(said[600:])
    moved = {landed.said.code for landed in arena.landed if landed.partition >= before}
    assert moved & {landed.said.code for landed in arena.landed if landed.partition < before}
    assert_flawless(arena)
