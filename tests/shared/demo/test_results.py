"""What a run ends with adds up, for each room and for all."""

from __future__ import annotations

import json

import pytest

from shared.demo.results import Results, percentile
from shared.outcomes import Outcome
from tests.shared.demo.samples import KEYS, result


def test_json_has_every_key_and_adds_up():
    """Exactly these keys, in this order; lost is what the outcomes leave of produced."""
    printed = json.loads(json.dumps(result().as_json()))
    assert list(printed) == KEYS
    assert printed["lost"] == 1
    assert printed["p99_ms"] == 3.0


def test_the_total_is_the_sum_of_the_rooms():
    """Counts are added, latencies are taken together, problems name their room."""
    slow = result(latencies=[10.0], problems=["one row too many"])
    total = Results({"library": result(), "archive": slow}).total
    assert (total.produced, total.rows, total.lost) == (20, 10, 2)
    assert total.outcomes[Outcome.APPLIED] == 12
    assert sorted(total.latencies) == [1.0, 2.0, 3.04, 10.0]
    assert total.problems == ["archive: one row too many"]


def test_json_has_the_same_keys_for_each_room():
    """Beside the totals."""
    results = Results({"library": result(), "archive": result()})
    printed = json.loads(json.dumps(results.as_json()))
    assert list(printed) == [*KEYS, "rooms"]
    assert {name: list(room) for name, room in printed["rooms"].items()} == {
        "library": KEYS,
        "archive": KEYS,
    }
    assert printed["applied"] == 12


@pytest.mark.parametrize(("percent", "value"), [(50, 50.0), (99, 99.0), (1, 1.0), (100, 100.0)])
def test_percentile_is_the_nearest_rank(percent, value):
    """Of 1 to 100, a percentile is itself."""
    assert percentile([*range(100, 0, -1)], percent) == value


def test_percentile_of_nothing_is_none():
    """A run that settled nothing has no latency."""
    assert percentile([], 50) is None
