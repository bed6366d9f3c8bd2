"""What a load needs, on paper."""

from __future__ import annotations

import pytest

from tests.benchmark import capacity
from tests.benchmark.capacity import Measured, need

MEASURED = Measured(rate=10_000, worker_us=70, database_us=35, topic_bytes=500)


def test_need():
    """Cores and workers are planned for the share of their time that they may be busy."""
    found = need(100_000, MEASURED)
    assert found.worker_cores == pytest.approx(100_000 * 70e-6 / capacity.BUSY)
    assert found.database_cores == pytest.approx(100_000 * 35e-6 / capacity.BUSY)
    assert found.megabytes == 50
    assert found.workers == 15  # 14.3 of them


@pytest.mark.parametrize(("load", "workers"), [(1, 1), (7_000, 1), (7_001, 2), (14_000, 2)])
def test_workers_are_whole(load, workers):
    """A part of a worker is one more."""
    assert need(load, MEASURED).workers == workers


def test_each_worker_has_a_partition():
    """A worker without one would stand by."""
    found = need(100_000, MEASURED)
    assert found.partitions >= found.workers
