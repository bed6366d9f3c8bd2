"""What the times of events and commits come to."""

from __future__ import annotations

import pytest

from tests.benchmark.measures.latency import summary


def test_summary():
    """Milliseconds; events of one commit are one batch."""
    times = [(10.0, 10.5), (10.1, 10.5), (10.2, 10.5), (11.0, 12.0)]
    found = summary(times)
    assert found["events"] == 4
    assert found["p50"] == pytest.approx(400)
    assert found["p99"] == found["max"] == pytest.approx(1000)
    assert found["batch"] == 2
    assert found["settled"] == 2  # in the two seconds from the first event to the last commit
