"""What is printed at the end adds up."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from rich.console import Console

from shared.demo.report import Result, percentile, show_addresses, show_result
from shared.outcomes import Outcome


def result(**changes):
    """Return a result of ten events, one of them lost."""
    outcomes = Counter({Outcome.APPLIED: 6, Outcome.STALE: 2, Outcome.DEAD: 1})
    values = {"produced": 10, "outcomes": outcomes, "latencies": [1.0, 2.0, 3.04], "rows": 5}
    return Result(**{**values, "problems": [], **changes})


def shown(show, *values):
    """Return what is printed on a narrow console."""
    console = Console(width=80)
    with console.capture() as captured:
        show(console, *values)
    return captured.get()


def test_json_has_every_key_and_adds_up():
    """Exactly these keys, in this order; lost is what the outcomes leave of produced."""
    printed = json.loads(json.dumps(result().as_json()))
    assert list(printed) == [
        *("produced", "applied", "unchanged", "stale", "filtered", "ignored", "parked", "dead"),
        *("lost", "p50_ms", "p99_ms"),
    ]
    assert printed["lost"] == 1
    assert printed["p99_ms"] == 3.0


@pytest.mark.parametrize(("percent", "value"), [(50, 50.0), (99, 99.0), (1, 1.0), (100, 100.0)])
def test_percentile_is_the_nearest_rank(percent, value):
    """Of 1 to 100, a percentile is itself."""
    assert percentile([*range(100, 0, -1)], percent) == value


def test_percentile_of_nothing_is_none():
    """A run that settled nothing has no latency."""
    assert percentile([], 50) is None


def test_the_table_shows_counts_and_shares():
    """Of every outcome, those that didn't happen too."""
    text = shown(show_result, result())
    assert "60.0 %" in text
    assert all(outcome.value in text for outcome in Outcome)
    assert "all equal" in text


def test_with_problems_nothing_is_said_to_be_equal():
    """They are told one by one elsewhere."""
    assert "equal" not in shown(show_result, result(problems=["a", "b"]))


def test_addresses_can_be_copied():
    """A line each, however narrow the terminal."""
    address = "broker.example.com:9092," * 10
    assert f"export SERVERS={address}\n" in shown(show_addresses, {"SERVERS": address})
