"""Targets are judged by the data alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.benchmark.contestants import HAND, OURS, STOCK
from tests.benchmark.targets import TARGETS, verdicts


def parts(**changes):
    """Return results that meet every target by a little."""
    rates = {
        OURS.name: {"rates": [100, 4000, 4100]},
        HAND.name: {"rates": [7900, 8000, 9000]},
        STOCK.name: {"rates": [100, 90, 200]},
    }
    found: dict[str, Any] = {
        f"rates_{kind}": {"contestants": rates} for kind in ("postgresql", "mariadb", "sqlite")
    }
    found["latency"] = {"contestants": {OURS.name: {"p50": 15.0, "p99": 60.0}}}
    samples = [{"rss": 100_000_000}, {"rss": 104_000_000}, {"rss": 96_000_000}]
    found["memory"] = {"samples": samples, "peak": 150_000_000}
    found["growth"] = [{"rates": [100, 900, 1000]}, {"rates": [720, 10, 800]}]
    found["queues"] = [{"rates": [1000]}, {"rates": [950]}]
    return found | changes


def test_bound_itself_is_met():
    """At least and at most are said, not more and less."""
    found = list(verdicts(parts()))
    assert [each.text for each in found] == ["met"] * len(TARGETS)
    assert [each.value for each in found[:2]] == [40, 0.5]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"latency": {"contestants": {OURS.name: {"p50": 15.1, "p99": 60}}}}, "latency at 200"),
        ({"memory": {"samples": [{"rss": 1}, {"rss": 1}], "peak": 150_000_001}}, "peak memory"),
        ({"memory": {"samples": [{"rss": 100}, {"rss": 106}], "peak": 1}}, "change of memory"),
        ({"memory": {"samples": [{"rss": 100}, {"rss": 94}], "peak": 1}}, "change of memory"),
        ({"growth": [{"rates": [1000]}, {"rates": [799]}]}, "rate with 5,000,000 rows"),
        ({"queues": [{"rates": [1000]}, {"rates": [949]}]}, "rate with full queues"),
    ],
)
def test_beyond_the_bound_is_not_met(changes, what):
    """And only that target is missed."""
    (missed,) = [each for each in verdicts(parts(**changes)) if "not met" in each.text]
    assert missed.target.what.startswith(what)


def test_slower_than_the_target():
    """The ratio to the stock consumer has to be reached."""
    rates = parts()["rates_sqlite"]["contestants"]
    slow = {"contestants": rates | {OURS.name: {"rates": [599]}}}
    (missed,) = [each for each in verdicts(parts(rates_sqlite=slow)) if "not met" in each.text]
    assert missed.target.what == "rate on sqlite, beside the stock consumer"
    assert missed.value == 5.99


def test_nothing_measured():
    """It is said, and no target counts as met."""
    found = list(verdicts({}))
    assert {each.text for each in found} == {"not measured"}
    assert len(found) == len(TARGETS)
