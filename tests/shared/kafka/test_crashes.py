"""A worker that is killed loses nothing: offsets follow the database."""

from __future__ import annotations

import signal
from random import Random
from time import monotonic, sleep

from tests.cluster import Cluster, Publisher
from tests.grades import delayed, stream, table_of
from tests.processes import Process

SEED = 20260101
SECONDS = 10.0
"""How long workers are killed."""
MOST = 8000
"""More events than are published in that time."""


def test_killed_again_and_again(cluster: Cluster) -> None:
    """Killed at any moment of a stream with late and doubled events, the table is the model's."""
    random = Random(SEED)
    grades = delayed(random, stream(random, MOST))
    with Publisher(cluster, grades) as publisher:
        until = monotonic() + SECONDS
        workers: list[Process] = []
        while monotonic() < until:
            # Most die by themselves, where it hurts most; some while they start or join.
            if workers and random.random() < 0.02:
                random.choice(workers).send(signal.SIGKILL)
            workers = [worker for worker in workers if not worker.has_ended]
            workers += [start(cluster, random) for _ in range(3 - len(workers))]
            sleep(0.1)
        for worker in workers:
            worker.send(signal.SIGKILL)
    cluster.start()
    cluster.wait_until_settled()
    ((busy,),) = cluster.query("SELECT count(DISTINCT worker) FROM event_sync_outcomecount")
    assert busy > 2, "Few of those that were killed had got to anything."
    assert cluster.table() == table_of(grades[: publisher.published])


def start(cluster: Cluster, random: Random) -> Process:
    """Start a worker that will die after a few batches."""
    return cluster.start(
        DANGER_SEED=random.random(),
        EVENT_SYNC={
            "BATCH_SIZE": 15,
            "DESTINATIONS": {"user-grades": "tests.danger.write_user_grades"},
        },
        EVENT_SYNC_KAFKA_CONSUMER_CONFIG={"session.timeout.ms": 1000},
    )
