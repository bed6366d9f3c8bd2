"""A batch waits for longer than a client may leave the broker alone, and the worker stays."""

from __future__ import annotations

from time import sleep

import pytest
from confluent_kafka.admin import AdminClient

from tests.faults.aftermath import assert_flawless
from tests.faults.arena import QUICK, Arena
from tests.faults.stream import stream
from tests.processes import PATIENCE, TO_END, Process

SEED = 20261106
POLL_INTERVAL = 2.0
CONFIG = {**QUICK, "max.poll.interval.ms": int(POLL_INTERVAL * 1000)}
ONE_PAUSE = {"BACKOFF_INITIAL": 4 * POLL_INTERVAL, "BACKOFF_MAX": 4 * POLL_INTERVAL}
"""Each pause alone is longer than the interval."""
MANY_PAUSES = {"BACKOFF_INITIAL": 0.1, "BACKOFF_MAX": 0.2}

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def lose_database(arena: Arena, pauses: dict[str, float]) -> Process:
    """Kill the database amid a backlog, and return the worker once it waits for it."""
    arena.publish(stream(SEED, 3_000))
    worker = arena.start(
        EVENT_SYNC={"BATCH_SIZE": 100, **pauses}, EVENT_SYNC_KAFKA_CONSUMER_CONFIG=CONFIG
    )
    arena.wait_for_commits(500)
    arena.server.kill()
    worker.wait_for("batch.waiting")
    return worker


def members(arena: Arena) -> list[tuple[str, int]]:
    """Return who is in the group, with the number of partitions that each has."""
    admin = AdminClient({**arena.services.kafka.client_config(), "log_level": 0})
    (answer,) = admin.describe_consumer_groups([arena.group]).values()
    found = answer.result(PATIENCE).members
    return [(member.member_id, len(member.assignment.topic_partitions)) for member in found]


@pytest.mark.parametrize("pauses", [ONE_PAUSE, MANY_PAUSES], ids=["one pause", "many pauses"])
def test_worker_keeps_its_place(arena, pauses):
    """It is the same member with the same partitions all the time, and settles them afterwards."""
    worker = lose_database(arena, pauses)
    before = members(arena)
    sleep(3 * POLL_INTERVAL)
    after = members(arena)
    arena.server.start()
    assert [partitions for _, partitions in before] == [arena.partitions]
    assert after == before
    assert_flawless(arena)
    assert worker.output.count("partitions.assigned") == 1
    assert "partitions.lost" not in worker.output


def test_worker_that_is_told_to_stop_leaves_the_rest(arena):
    """It ends in time, and commits nothing that the database hasn't; the next one goes on there."""
    worker = lose_database(arena, ONE_PAUSE)
    sleep(POLL_INTERVAL)
    before = arena.committed()
    assert worker.stop(timeout=TO_END) == 0
    assert arena.committed() == before
    assert sum(before.values()) < len(arena.landed)
    arena.server.start()
    arena.start()
    assert_flawless(arena)
