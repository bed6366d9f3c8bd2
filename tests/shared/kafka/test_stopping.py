"""A worker that is told to stop ends well and at once: batch, offsets, group, exit status."""

from __future__ import annotations

import signal
from random import Random

import pytest

from tests.cluster import Cluster
from tests.grades import stream, table_of
from tests.protocol import requests_to

SOON = 5.0
"""Within so many seconds a worker ends that is told to: part of its contract."""
LEAVE_GROUP = 13
"""Number of the request in Kafka's protocol."""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_in_the_midst_of_a_stream(cluster: Cluster, number: signal.Signals) -> None:
    """It finishes its batch, commits, leaves the group and exits with 0; the next one goes on."""
    grades = stream(Random(0), 3000)
    cluster.publish(*grades)
    first = cluster.start(EVENT_SYNC={"BATCH_SIZE": 20})
    first.wait_for(r"batch\.committed")
    with requests_to(cluster.broker) as requests:
        assert first.stop(number, timeout=SOON) == 0
    assert LEAVE_GROUP in requests
    settled = sum(cluster.outcomes().values())
    assert 0 < settled < len(grades)
    assert sum(cluster.committed().values()) == settled
    cluster.start()
    cluster.wait_until_settled()
    assert sum(cluster.outcomes().values()) == len(grades)
    assert cluster.table() == table_of(grades)


def test_idle(cluster: Cluster) -> None:
    """It need not wait for a message to hear of the signal."""
    worker = cluster.start()
    worker.wait_for("partitions.assigned")
    assert worker.stop(timeout=SOON) == 0
    assert "worker.stopped" in worker.output
