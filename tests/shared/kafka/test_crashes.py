"""A worker that is killed loses nothing: offsets follow the database."""

from __future__ import annotations

import signal
from random import Random
from time import monotonic, sleep

from shared.consumer import Room
from tests.cluster import Cluster
from tests.contract.catalogue import each_room
from tests.processes import PATIENCE, Process
from tests.stage import SetStage, Stage, perform

SEED = 20260101
SECONDS = 8.0
"""How long workers are killed."""
LEAST = 5
"""So many of them must have settled something, however long that takes."""
RATE = 150
"""Messages a second: about as many as such workers take."""


@each_room
def test_killed_again_and_again(room: Room, cluster: Cluster, set_stage: SetStage) -> None:
    """Killed at any moment of a busy bus, tables, parked events and dead letters are as planned."""
    stage = set_stage(perform(room, events=int(SECONDS * RATE), seed=SEED))
    with stage.publishing(RATE):
        kill_workers(stage, cluster)
    stage.start_worker()
    stage.wait_until_over()
    assert stage.problems() == []


def kill_workers(stage: Stage, cluster: Cluster) -> None:
    """Let three work at a time; most die by themselves, where it hurts most."""
    random, started = Random(SEED), monotonic()
    workers: list[Process] = []
    while monotonic() < started + SECONDS or busy(cluster) < LEAST:
        assert monotonic() < started + PATIENCE, "Few of those that are killed get to anything."
        if workers and random.random() < 0.02:
            random.choice(workers).send(signal.SIGKILL)  # it may be starting, or joining
        workers = [worker for worker in workers if not worker.has_ended]
        workers += [start(stage, random) for _ in range(3 - len(workers))]
        sleep(0.1)
    for worker in workers:
        worker.kill()


def start(stage: Stage, random: Random) -> Process:
    """Start a worker that will die after a few batches."""
    names = [consumer.name for consumer in stage.room.consumers]
    return stage.start_worker(
        DANGER_SEED=random.random(),
        EVENT_SYNC={
            "BATCH_SIZE": 15,
            "DESTINATIONS": {name: f"tests.danger.{name}" for name in names},
        },
        EVENT_SYNC_KAFKA_CONSUMER_CONFIG={"session.timeout.ms": 1000},
    )


def busy(cluster: Cluster) -> int:
    """Return how many workers have settled something."""
    ((count,),) = cluster.query("SELECT count(DISTINCT worker) FROM event_sync_outcomecount")
    return int(count)
