"""The comparison that the tests of rules and dashboard rely on finds what is wrong."""

from __future__ import annotations

import pytest

from tests.deploy.promql import problems


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        ("sum by (job, room) (rate(event_sync_outcomes_total[5m])) > 3", []),
        ("sum by (le) (rate(event_sync_latency_seconds_bucket[5m]))", []),
        ("rate(event_sync_outcomes[5m])", ["metric event_sync_outcomes"]),
        ("event_sync_latency_seconds", ["metric event_sync_latency_seconds"]),
        ("deriv(sum(event_sync_delay)[5m:1m])", ["metric event_sync_delay"]),
        ('event_sync_lag{group="a"}', ["label group of event_sync_lag"]),
        ('event_sync_worker_state{state="busy"}', ["state=busy of event_sync_worker_state"]),
        ('event_sync_worker_state{state=~"paused|on"}', ["state=on of event_sync_worker_state"]),
        ("sum by (consumer) (event_sync_lag)", ["by consumer"]),
        ("up and on (room) event_sync_lag", ["by room"]),
    ],
)
def test_problems(expression: str, wrong: list[str]) -> None:
    """Names, labels, their values and what is grouped by."""
    assert problems(expression) == wrong


def test_what_is_no_promql() -> None:
    """It is refused as Prometheus would."""
    with pytest.raises(ValueError, match="parenthesis"):
        problems("sum by (job (up)")
