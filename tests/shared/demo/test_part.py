"""The events are shared out to the rooms, and a room's part is over when nothing is to come."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from shared import registry
from shared.demo import DemoFailed, part
from shared.outcomes import Outcome

STARTED = datetime(2026, 3, 4, tzinfo=UTC)
APPLIED, PARKED, DEAD = Outcome.APPLIED, Outcome.PARKED, Outcome.DEAD


def rooms(monkeypatch, *names):
    """Let there be these rooms."""
    fake: Any = [SimpleNamespace(name=name) for name in names]
    monkeypatch.setattr(registry, "rooms", lambda: fake)


def test_events_are_shared_out_to_the_last(monkeypatch):
    """A room may get one more than another, and none gets none if there are enough."""
    names = ["credentials_grades_sync", "discovery_course_run_sync", "enterprise_license_sync"]
    rooms(monkeypatch, *names)
    found = part.performances(events=8, seed=1, rate=0, now=STARTED)
    assert [(each.room.name, len(each.stream)) for each in found] == list(
        zip(names, [3, 3, 2], strict=True)
    )


@pytest.mark.parametrize(("rate", "step", "length"), [(0, 0.001, 0), (2.0, 1.0, 149)])
def test_an_event_has_the_time_at_which_it_is_published(monkeypatch, rate, step, length):
    """At this rate, which the rooms share; as fast as it goes, all were some milliseconds ago."""
    rooms(monkeypatch, "credentials_grades_sync", "discovery_course_run_sync")
    runs = [each.run for each in part.performances(events=300, seed=1, rate=rate, now=STARTED)]
    assert {run.step.total_seconds() for run in runs} == {step}
    assert {(run.started - STARTED).total_seconds() for run in runs} == {length}


@pytest.mark.parametrize("events", [1, 2, 3, 4, 5])
def test_no_event_is_ahead_of_its_time(monkeypatch, events):
    """However slow the pace is: it would be buried."""
    rooms(monkeypatch, "credentials_grades_sync", "discovery_course_run_sync")
    found = part.performances(events=events, seed=1, rate=0.001, now=STARTED)
    for place, run in enumerate(each.run for each in found if each.run.events):
        first = run.started - (run.events - 1) * run.step
        assert first <= STARTED + timedelta(seconds=place / 0.001)


def test_without_a_part_there_is_nothing_to_show(monkeypatch):
    """A room need not have one."""
    rooms(monkeypatch, "tests.testapp", "nowhere")
    with pytest.raises(DemoFailed, match="No installed room takes part"):
        part.performances(events=8, seed=1, rate=0, now=STARTED)


@pytest.mark.parametrize(
    ("outcomes", "is_over"),
    [
        ({}, False),
        ({APPLIED: 1, PARKED: 1}, False),
        ({APPLIED: 1, PARKED: 2}, False),
        ({APPLIED: 2, PARKED: 1}, True),
        ({APPLIED: 2, DEAD: 1}, True),
        ({APPLIED: 3, PARKED: 1}, True),
    ],
)
def test_a_part_is_over_when_no_event_has_an_outcome_to_come(
    book, plan, perform, outcomes, is_over
):
    """Each is settled, and none waits but the one that shall."""
    performance = perform(plan(book(1)), plan(book(2)), plan(book(3), ends_as=PARKED))
    assert performance.is_over(Counter(outcomes)) is is_over
