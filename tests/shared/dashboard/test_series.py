"""A room's past in steps: what its workers said, added up as it has to be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import inf
from typing import Any

import pytest

from shared.dashboard.series import Span, Step, outcomes_of, steps_of
from shared.models import OutcomeCount
from tests.shared.dashboard.days import latencies, work

pytestmark = pytest.mark.django_db

ROOM = "a room"
NOW = datetime(2026, 1, 31, 12, 7, 30, tzinfo=UTC)


def tell(worker: str, minute: datetime, **said: Any) -> None:
    """Keep what a worker said in a minute."""
    work(ROOM, now=minute + timedelta(seconds=59), workers=(worker,), minutes=1, **said)


def steps(span: Span = Span.HOUR) -> list[Step]:
    """Return what there is to draw."""
    return steps_of(ROOM, span, now=NOW)


@pytest.mark.parametrize(
    ("span", "first", "last"),
    [
        (Span.HOUR, datetime(2026, 1, 31, 11, 7, tzinfo=UTC), (12, 6)),
        (Span.DAY, datetime(2026, 1, 30, 12, 0, tzinfo=UTC), (11, 45)),
    ],
)
def test_steps_are_whole(span, first, last):
    """They begin at round times, and the one that isn't over is left out."""
    found = [step.start for step in steps(span)]
    assert (found[0], (found[-1].hour, found[-1].minute)) == (first, last)
    assert {after - before for before, after in pairwise(found)} == {span.step}
    assert len(found) * span.step == span.length


def test_no_count_is_below_zero() -> None:
    """Where more dead letters were replayed than came there are none, not fewer."""
    minute = datetime(2026, 1, 31, 11, 59, tzinfo=UTC)
    for worker, dead in [("one", 2), ("a replay", -3)]:
        OutcomeCount.objects.create(
            worker=worker, room=ROOM, consumer="a", minute=minute, dead=dead, applied=-min(dead, 0)
        )
    steps_of_a = outcomes_of(ROOM, Span.HOUR, now=NOW)["a"]
    assert [(n["applied"], n["dead"]) for n in steps_of_a if any(n.values())] == [(3, 0)]


def test_where_no_worker_was_nothing_is_known() -> None:
    """Which isn't the same as zero."""
    tell("one", datetime(2026, 1, 31, 12, 0, tzinfo=UTC), messages=0, lag={}, latencies=latencies())
    known = [step for step in steps() if step.rate is not None]
    assert known == [Step(start=datetime(2026, 1, 31, 12, 0, tzinfo=UTC), lag=0, rate=0.0)]


def test_workers_are_added_up() -> None:
    """Their lags, rates and latencies; what the present minute holds isn't whole yet."""
    minute = datetime(2026, 1, 31, 12, 6, tzinfo=UTC)
    late = latencies(early=98, late=2)
    tell("one", minute, messages=60, lag={"t[0]": 2}, latencies=late)
    tell("two", minute, messages=120, lag={"t[1]": 3}, latencies=late)
    tell("one", minute + timedelta(minutes=1), messages=9999)
    last = steps()[-1]
    assert (last.lag, last.rate) == (5, 3.0)
    assert last.p50
    assert last.p99
    assert 0.1 < last.p50 < 0.25
    assert 10 < last.p99 < 30


def test_later_than_all_buckets() -> None:
    """Is more than any number."""
    tell("one", datetime(2026, 1, 31, 12, 0, tzinfo=UTC), latencies=latencies(beyond=1))
    assert {step.p99 for step in steps()} == {None, inf}


def test_a_partition_that_changes_hands_counts_once() -> None:
    """As the worker says that spoke last."""
    minute = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
    tell("new", minute, lag={"t[0]": 7}, seen_at=minute + timedelta(seconds=50))
    tell("old", minute, lag={"t[0]": 9}, seen_at=minute + timedelta(seconds=5))
    assert [step.lag for step in steps() if step.lag is not None] == [7]


def test_lag_is_not_known_if_a_worker_does_not_know_its_own() -> None:
    """Nor is it guessed; other minutes of the step tell it."""
    minute = datetime(2026, 1, 31, 11, 45, tzinfo=UTC)
    tell("one", minute, lag=None)
    tell("two", minute, lag={"t[0]": 9})
    assert {step.lag for step in steps()} == {None}
    tell("one", minute + timedelta(minutes=5), lag={"t[1]": 4})
    tell("one", minute + timedelta(minutes=6), lag={"t[1]": 3})
    assert steps(Span.DAY)[-1].lag == 4


def test_outcomes_by_consumer_and_step() -> None:
    """Added up over workers and minutes; the totals are those of the rows."""
    for worker, consumer, minute, applied in [
        ("one", "a", 45, 1),
        ("two", "a", 46, 2),
        ("one", "a", 59, 4),
        ("one", "", 44, 8),
    ]:
        OutcomeCount.objects.create(
            worker=worker,
            room=ROOM,
            consumer=consumer,
            minute=datetime(2026, 1, 31, 11, minute, tzinfo=UTC),
            applied=applied,
        )
    found = outcomes_of(ROOM, Span.DAY, now=NOW)
    assert found.keys() == {"a", ""}
    assert [counts["applied"] for counts in found["a"]][-2:] == [0, 7]
    assert [counts["applied"] for counts in found[""]][-2:] == [8, 0]
    assert len(found["a"]) == len(steps(Span.DAY))
