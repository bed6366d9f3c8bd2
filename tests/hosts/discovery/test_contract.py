"""Course runs in Discovery's own tables follow the events as any room's rows do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.db import transaction

from discovery_course_run_sync.hosts.discovery import COURSE_RUNS
from shared.models import AppliedEvent, ParkedEvent
from shared.outcomes import Outcome
from tests.hosts.discovery.events import SAYS, created, published, rerun
from tests.hosts.discovery.rows import KEY, make_course, make_run, make_runs, runs, said, seen
from tests.orders import each_way

APPLIED, UNCHANGED, STALE = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE
FILTERED, PARKED = Outcome.FILTERED, Outcome.PARKED
OLD_STATUS = {"status": "unpublished"}


def test_both_rows_say_what_the_event_says(partner, send):
    """The draft and the official one, and nothing else of them changes."""
    pair = make_runs(partner)
    assert send(published(1)) == [APPLIED]
    assert [said(run) for run in pair] == [SAYS | OLD_STATUS] * 2
    assert [seen(run)["license"] for run in pair] == ["all-rights-reserved"] * 2


def test_event_delivered_again_changes_nothing(partner, send):
    """No row is saved: neither ``modified`` nor the history moves."""
    pair = make_runs(partner)
    send(published(1))
    before = [(seen(run), run.history.count()) for run in pair]
    assert send(published(1)) == [UNCHANGED]
    assert [(seen(run), run.history.count()) for run in pair] == before


def test_newer_event_that_says_the_same_saves_nothing(partner, send, told):
    """Its position is followed all the same: what came between is too late."""
    pair = make_runs(partner)
    send(published(1))
    before = [(seen(run), run.history.count()) for run in pair]
    told.caches.clear()
    assert send(published(3)) == [UNCHANGED]
    assert send(published(2, name="Between")) == [STALE]
    assert [(seen(run), run.history.count()) for run in pair] == before
    assert told.caches == []


def test_only_the_row_that_differs_is_saved(partner, send, told):
    """The other one's history doesn't move."""
    draft, official = make_runs(partner)
    send(published(1))
    draft.refresh_from_db()
    draft.title_override = "Edited in Publisher"
    draft.save(suppress_publication=True)
    told.caches.clear()
    assert send(published(2)) == [APPLIED]
    assert set(told.caches) == {draft.pk}
    assert said(draft) == said(official)


def test_older_event_is_stale(partner, send):
    """Whether it comes later or in the same batch."""
    draft, _ = make_runs(partner)
    assert send(published(2, name="Newer"), published(1, name="Older")) == [APPLIED, STALE]
    assert send(published(1, name="Older")) == [STALE]
    assert said(draft)["title_override"] == "Newer"


def test_any_order_of_arrival_ends_in_the_same_rows(partner, send):
    """In each order, and in any batches, creations among them."""
    events = [published(1, name="First", end=None), published(2, hidden=True), created(9)]
    ends = []
    pair = make_runs(partner)
    for batches in each_way(*events):
        with transaction.atomic():
            for batch in batches:
                send(*batch)
            ends.append([said(run) for run in pair])
            transaction.set_rollback(True)
    wanted = SAYS | OLD_STATUS | {"hidden": True}
    assert ends == [[wanted, wanted]] * len(ends)


def test_any_order_of_arrival_makes_the_same_rows(partner, send):
    """Where the run isn't there before."""
    events = [created(8), published(1, name="First", end=None), published(2, hidden=True)]
    make_course(partner)
    ends = []
    for batches in each_way(*events):
        with transaction.atomic():
            for batch in batches:
                send(*batch)
            ends.append([said(run) for run in runs()])
            transaction.set_rollback(True)
    assert ends == [[SAYS | OLD_STATUS | {"hidden": True}]] * len(ends)


@pytest.mark.parametrize("make", [created, rerun])
def test_creation_changes_no_run_that_is_there(partner, send, told, make):
    """It says no more than that the run is there."""
    pair = make_runs(partner)
    before = [seen(run) for run in pair]
    told.caches.clear()
    assert send(make(1)) == [UNCHANGED]
    assert send(published(1)) == [APPLIED]
    after = [seen(run) for run in pair]
    assert send(make(2)) == [STALE]
    assert [seen(run) for run in pair] == after != before


def test_several_runs_in_one_batch(partner, send):
    """Each has an outcome of its own."""
    other = "course-v1:edX+Tests+2027"
    make_runs(partner)
    make_run(make_course(partner, key="edX+Others"), key=other)
    assert send(published(1), published(2, other), published(1, other)) == [APPLIED, APPLIED, STALE]


# ------------------------------------------------------------------ unknown runs, parked


def test_unknown_run_is_waited_for(partner, send, retry, configure):
    """The events are applied once another path has made the run; nothing is made by them."""
    configure(PARTNER="edx", UNKNOWN_RUNS="park")
    assert send(published(1), published(2, name="Newer")) == [PARKED, PARKED]
    assert retry() == [PARKED, PARKED]
    assert runs() == []
    pair = make_runs(partner)
    assert retry() == [APPLIED, APPLIED]
    assert [said(run)["title_override"] for run in pair] == ["Newer"] * 2
    assert not ParkedEvent.objects.exists()


def test_event_that_waits_leaves_no_position(partner, send, configure):
    """What is older may still be applied; it is told what is waited for."""
    configure(PARTNER="edx", UNKNOWN_RUNS="park")
    send(published(2))
    assert ParkedEvent.objects.get().waiting_for == f"course-runs:{KEY.lower()}"
    assert not AppliedEvent.objects.filter(has_followed=True).exists()


@pytest.mark.parametrize("make", [created, rerun])
def test_creation_does_not_wait(partner, send, configure, make):
    """It would have nothing to say."""
    configure(PARTNER="edx", UNKNOWN_RUNS="park")
    assert send(make(1)) == [FILTERED]
    assert runs() == []


# ------------------------------------------------------------------ what Discovery holds


def record_of(event: Any) -> Any:
    """Return the record that an event becomes."""
    from discovery_course_run_sync.consumers import COURSE_RUNS as consumer

    route = consumer.route_for(event.signal.event_type)
    assert route
    return route.to_record(event.data, event.metadata)


def held_of(event: Any) -> Mapping[str, Any]:
    """Return what Discovery holds for an event's record."""
    [held] = COURSE_RUNS.held([record_of(event)])
    assert isinstance(held, Mapping)
    return held


def test_what_discovery_holds_is_told_in_the_records_words(partner, send):
    """Equal fields once the event is applied; none of what Discovery has no column for."""
    make_runs(partner)
    record = record_of(published(1, name=" Tests "))
    before = held_of(published(1, name=" Tests "))
    assert (before["title"], before["pacing_type"]) == ("Old", "self_paced")
    send(published(1, name=" Tests "))
    [held] = COURSE_RUNS.held([record])
    assert held == {name: getattr(record, name) for name in before}
    assert before.keys() == {
        *("course_key", "title", "start", "end", "enrollment_start", "enrollment_end"),
        *("pacing_type", "hidden"),
    }


def test_row_that_differs_is_the_one_that_is_told(partner, send):
    """Be it the draft or the official one."""
    pair = make_runs(partner)
    for run in pair:
        send(published(1))
        run.refresh_from_db()
        run.hidden = True
        run.save(suppress_publication=True)
        assert held_of(published(1))["hidden"] is True
        run.hidden = False
        run.save(suppress_publication=True)
    assert held_of(published(1))["hidden"] is False


def test_nothing_is_held_of_an_unknown_run(partner):
    """And of one that was only created no more is asked than that it is there."""
    assert COURSE_RUNS.held([record_of(published(1)), record_of(created(1))]) == [None, None]
    make_run(make_course(partner, title=None), title_override=None, pacing_type=None)
    empty = held_of(published(1))
    assert (empty["title"], empty["pacing_type"]) == ("", "")
    assert held_of(created(1)) == {"course_key": KEY}
