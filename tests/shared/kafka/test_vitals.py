"""When a worker counts as stuck, and what of its history is kept."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from shared import metrics
from shared.batches import BatchResult
from shared.consumer import Mode
from shared.kafka import vitals as vitals_module
from shared.kafka.flight import Flight
from shared.kafka.health import liveness
from shared.kafka.vitals import Rebalance, Vitals
from shared.outcomes import Outcome
from shared.states import State
from tests.grades import START, TOPIC, Grade

PLACE = (TOPIC, 0)
PATIENCE = 300.0


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the seconds since some moment."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that vitals and probes go by."""
    clock = Clock()
    monkeypatch.setattr(vitals_module, "monotonic", clock)
    monkeypatch.setattr("shared.kafka.health.monotonic", clock)
    return clock


@pytest.fixture
def vitals(clock: Clock) -> Vitals:
    """Those of a worker with one partition."""
    vitals = Vitals(worker="worker", room="room", group="tests", mode=Mode.LIVE)
    vitals.tell_partitions(Rebalance.ASSIGNED, [PLACE])
    return vitals


def is_alive(vitals: Vitals) -> bool:
    """Return what the probe says."""
    return not any(liveness(vitals, PATIENCE).values())


def test_worker_that_polls_no_more(vitals: Vitals, clock: Clock) -> None:
    """It is stuck once it would have lost its place in the group."""
    vitals.tell_polled()
    clock.now += PATIENCE
    assert is_alive(vitals)
    clock.now += 1
    assert liveness(vitals, PATIENCE)["poll"] == "none for 301 s"


def test_worker_that_polls_and_commits_nothing(vitals: Vitals, clock: Clock) -> None:
    """It is stuck while there is lag, and only then."""
    vitals.tell_lag({PLACE: 7})
    clock.now += PATIENCE + 1
    vitals.tell_polled()
    assert liveness(vitals, PATIENCE)["progress"] == "none for 301 s, and 7 messages wait"
    vitals.tell_lag({PLACE: 0})
    assert is_alive(vitals)


def test_lag_that_comes_after_a_long_silence(vitals: Vitals, clock: Clock) -> None:
    """Nothing has waited until then: it isn't stuck at once."""
    vitals.tell_lag({PLACE: 0})
    clock.now += 10 * PATIENCE
    vitals.tell_polled()
    vitals.tell_lag({PLACE: 0})
    vitals.tell_lag({PLACE: 1})
    assert is_alive(vitals)


def test_partition_that_comes_with_lag(vitals: Vitals, clock: Clock) -> None:
    """Its messages waited for another worker, and others' lag is not ours."""
    other = (TOPIC, 1)
    vitals.tell_lag({other: 9})
    assert vitals.total_lag == 0
    clock.now += PATIENCE + 1
    vitals.tell_polled()
    vitals.tell_partitions(Rebalance.ASSIGNED, [PLACE, other])
    assert vitals.total_lag == 9
    assert is_alive(vitals)


@pytest.mark.parametrize("state", [State.WAITING, State.PAUSED])
def test_worker_that_waits(vitals: Vitals, clock: Clock, state: State) -> None:
    """To kill it wouldn't bring back what is away; afterwards it has its time anew."""
    vitals.tell_lag({PLACE: 7})
    with vitals.in_state(state, "away"):
        clock.now += 10 * PATIENCE
        vitals.tell_polled()
        assert is_alive(vitals)
        assert (vitals.state, vitals.reason) == (state, "away")
    assert is_alive(vitals)
    assert (vitals.state, vitals.reason) == (State.RUNNING, "")


def test_lag_that_the_broker_does_not_tell(vitals: Vitals, clock: Clock) -> None:
    """What isn't known is no reason to kill anybody."""
    vitals.tell_lag(None)
    clock.now += PATIENCE + 1
    vitals.tell_polled()
    assert vitals.total_lag is None
    assert is_alive(vitals)


def lags() -> dict[str, float]:
    """Return the lags that Prometheus gets of the room, by partition."""
    (family,) = metrics.LAG.collect()
    return {s.labels["partition"]: s.value for s in family.samples if s.labels["room"] == "room"}


def test_lag_that_is_known_no_more(vitals: Vitals) -> None:
    """It isn't shown as what it was; nor is that of a partition that is gone."""
    vitals.tell_lag({PLACE: 7})
    assert lags() == {"0": 7}
    vitals.tell_lag(None)
    assert lags() == {}
    vitals.tell_lag({PLACE: 8})
    vitals.tell_partitions(Rebalance.LOST, [])
    assert lags() == {}


def test_counters_before_the_first_event() -> None:
    """They are there with 0, for Prometheus sees no increase from nothing to one."""
    Vitals(worker="w", room="quiet", group="tests", mode=Mode.LIVE, consumers=["shelves"])
    for metric, number in ((metrics.OUTCOMES, 2 * len(Outcome)), (metrics.REBALANCES, 3)):
        (family,) = metric.collect()
        ours = [s for s in family.samples if s.labels["room"] == "quiet"]
        assert [s.value for s in ours if s.name.endswith("_total")] == [0] * number


def test_history_while_nobody_keeps_it(vitals: Vitals, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is as long as an outage of two hours; then the oldest minutes go."""
    start = timezone.now().replace(second=0, microsecond=0)
    for minute in range(125):
        now = start + timedelta(minutes=minute)
        monkeypatch.setattr(vitals_module, "timezone", SimpleNamespace(now=lambda now=now: now))
        vitals.tell_committed(Flight(), BatchResult(()), seconds=0.1)
    history = vitals.history()
    assert (len(history), min(history)) == (120, start + timedelta(minutes=5))
    vitals.forget(list(history)[:-1])
    assert len(vitals.history()) == 1


def test_latency(vitals: Vitals, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each event counts in the bucket of its latency; one from the future counts as at once."""
    now = timezone.now()
    monkeypatch.setattr(vitals_module, "timezone", SimpleNamespace(now=lambda: now))
    ages = [-60.0, 0.0, 0.3, 40.0, 1e6]
    arrivals = [Grade(second=(now - START).total_seconds() - age).event() for age in ages]
    flight = Flight([event.message for event in arrivals], list(arrivals))
    vitals.tell_committed(flight, BatchResult(()), seconds=0.1)
    ((_, minute),) = vitals.history().items()
    found = [
        bound
        for bound, count in zip([*metrics.LATENCY_BUCKETS, None], minute.latencies, strict=True)
        for _ in range(count)
    ]
    assert found == [0.01, 0.01, 0.5, 60, None]
