"""The room's own table follows the newest publication; an event of creation only makes a row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from discovery_course_run_sync.records import Pacing
from discovery_course_run_sync.standalone.models import CourseRun
from shared.messages import Event
from shared.ordering import Position
from shared.outcomes import Outcome
from shared.testing.factories.content_authoring import CourseScheduleFactory
from tests.discovery_course_run_sync.events import (
    KEY,
    OTHER_CASE,
    START,
    created,
    outcomes,
    published,
    rerun,
)
from tests.orders import each_way

pytestmark = pytest.mark.django_db

APPLIED, UNCHANGED, STALE = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE


def without(*dates: str) -> Any:
    """Return a schedule without these dates."""
    return CourseScheduleFactory(**dict.fromkeys(dates))


def row() -> dict[str, Any]:
    """Return what the one row says, but for when it was written."""
    found = dict[str, Any](CourseRun.objects.values().get())
    return {name: found[name] for name in found if name not in ("id", "created", "modified")}


def rows_of(room, *events: Event) -> list[dict[str, Any]]:
    """Return the different rows that these events end in, in each order and in any batches."""
    rows: list[dict[str, Any]] = []
    for batches in each_way(*events):
        CourseRun.objects.all().delete()
        for batch in batches:
            outcomes(room, *batch)
        if row() not in rows:
            rows.append(row())
    return rows


# ------------------------------------------------------------------ rows


@pytest.mark.parametrize("make", [created, rerun])
def test_creation_becomes_a_row_with_a_key(room, make):
    """It lies at the lowest position, whenever the event was sent."""
    outcomes(room, make(1))
    assert row() == {
        "sync_key": "course-v1:edx+tests+2026",
        "position": Position.lowest(),
        "course_key": KEY,
        "org": "edX",
        "number": "Tests",
        "run": "2026",
        "title": "",
        "start": None,
        "end": None,
        "enrollment_start": None,
        "enrollment_end": None,
        "pacing_type": Pacing.UNKNOWN,
        "hidden": False,
        "invitation_only": False,
    }


def test_row_is_shown_by_its_key(room):
    """In the admin and wherever a row is printed."""
    outcomes(room, created(1))
    assert str(CourseRun.objects.get()) == KEY


# ------------------------------------------------------------------ creation beside publication


@pytest.mark.parametrize("make", [created, rerun])
def test_creation_never_outranks_a_publication(room, make):
    """It was sent later, and says less; each order and batching ends in the publication."""
    outcomes(room, published(1, name="Testing"))
    wanted = row()
    assert rows_of(room, make(9), published(1, name="Testing"), make(10)) == [wanted]


def test_creations_and_publications_in_every_order(room):
    """The newest publication wins, whatever else is told and when."""
    events = [created(9), published(1, name="First"), rerun(8), published(2, name="Second")]
    outcomes(room, published(2, name="Second"))
    wanted = row()
    assert rows_of(room, *events) == [wanted]


def test_creations_alone_in_every_order(room):
    """A re-run may be told of by both events; the row is made once."""
    outcomes(room, created(1))
    wanted = row()
    assert rows_of(room, created(1), rerun(2), created(3)) == [wanted]


def test_creation_ends_as_what_it_did(room):
    """The first makes the row, another says nothing new, one after a publication is too late."""
    assert outcomes(room, created(5), rerun(6)) == [APPLIED, UNCHANGED]
    assert outcomes(room, published(1), created(7)) == [APPLIED, STALE]


def test_creation_after_a_publication_leaves_every_column_alone(room):
    """Neither the position nor ``modified`` moves."""
    outcomes(room, published(1))
    before = CourseRun.objects.values().get()
    assert outcomes(room, created(2), rerun(3)) == [STALE, STALE]
    assert CourseRun.objects.values().get() == before


def test_oldest_publication_outranks_a_creation(room):
    """However long ago the course was edited."""
    first = int((datetime.min.replace(tzinfo=UTC) - START).total_seconds())
    outcomes(room, created(1))
    assert outcomes(room, published(first, offset=0)) == [APPLIED]
    assert CourseRun.objects.published().get().title == "Tests"


def test_creation_does_not_change_the_spelling_of_a_key(room):
    """Not even that of another creation."""
    outcomes(room, created(1))
    assert outcomes(room, rerun(2, OTHER_CASE)) == [UNCHANGED]
    outcomes(room, published(1))
    assert outcomes(room, created(3, OTHER_CASE)) == [STALE]
    assert CourseRun.objects.get().course_key == KEY


# ------------------------------------------------------------------ newer and older


@pytest.mark.parametrize("date", ["end", "enrollment_start", "enrollment_end"])
def test_date_that_is_now_empty_clears_its_column(room, date):
    """The row says what Studio says now, and the other dates stay."""
    outcomes(room, published(1))
    before = row()
    assert outcomes(room, published(2, schedule_data=without(date))) == [APPLIED]
    assert row() == before | {date: None, "position": published(2).position}


def test_dates_that_come_and_go_in_every_order(room):
    """The newest publication decides whether there is a date."""
    events = [
        published(1),
        published(2, schedule_data=without("end", "enrollment_end")),
        published(3, schedule_data=without("enrollment_start")),
    ]
    [found] = rows_of(room, *events)
    assert found["end"] == datetime(2026, 6, 1, tzinfo=UTC)
    assert found["enrollment_end"] == datetime(2026, 4, 1, tzinfo=UTC)
    assert found["enrollment_start"] is None


def test_equal_times_follow_the_offset_in_every_order(room):
    """Studio's time of the last edit repeats: what was sent last is newest."""
    events = [published(1, name=f"Title {offset}", offset=offset) for offset in (7, 8, 9)]
    [found] = rows_of(room, *events)
    assert (found["title"], found["position"]) == ("Title 9", events[-1].position)


def test_hidden_toggles(room):
    """Both ways, and an older event doesn't toggle it back."""
    seen = []
    for second, hidden in [(1, False), (3, True), (2, False), (5, False), (4, True)]:
        outcomes(room, published(second, hidden=hidden))
        seen.append(CourseRun.objects.get().hidden)
    assert seen == [False, True, True, False, False]


def test_modified_moves_only_on_change(room):
    """A publication that changes nothing of the row advances the position and nothing else."""
    outcomes(room, published(1))
    first = CourseRun.objects.get()
    assert outcomes(room, published(2)) == [UNCHANGED]
    same = CourseRun.objects.get()
    assert outcomes(room, published(3, invitation_only=True)) == [APPLIED]
    changed = CourseRun.objects.get()
    assert same.modified == first.modified < changed.modified
    assert first.created == same.created == changed.created
    assert first.position < same.position < changed.position


# ------------------------------------------------------------------ identity


def test_course_key_in_other_case_is_the_same_run(room):
    """One row, which follows the newest spelling."""
    outcomes(room, published(1))
    assert outcomes(room, published(2, OTHER_CASE)) == [APPLIED]
    found = CourseRun.objects.get()
    assert (found.course_key, found.org, found.number) == (OTHER_CASE, "EDX", "tests")


def test_spellings_in_every_order(room):
    """The newest publication's spelling stays, a creation's doesn't count."""
    [found] = rows_of(room, published(1), published(2, OTHER_CASE), created(3), rerun(4))
    assert found["course_key"] == OTHER_CASE


def test_other_runs_have_rows_of_their_own(room):
    """Organization, number and run are each part of the identity, and so are form and accents."""
    keys = [
        KEY,
        "course-v1:Org+Tests+2026",
        "course-v1:edX+Other+2026",
        "course-v1:edX+Tests+2027",
        "course-v1:\u00e9dX+Tests+2026",
        "edX/Tests/2026",
    ]
    assert outcomes(room, *(published(1, key) for key in keys)) == [APPLIED] * 6
    assert set(CourseRun.objects.values_list("course_key", flat=True)) == set(keys)


def test_database_knows_one_row_for_a_run(room):
    """Whoever writes past the guard can't make a second row, either."""
    outcomes(room, created(1))
    copy = CourseRun.objects.get()
    copy.pk, copy.sync_key = None, "another"
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save()


def test_nothing_deletes_a_run(room):
    """Whatever is told of it, and in whatever order, the row stays."""
    events = [created(9), published(2, hidden=True, name=""), published(1), rerun(8)]
    for batches in each_way(*events):
        CourseRun.objects.all().delete()
        counts = []
        for batch in batches:
            outcomes(room, *batch)
            counts.append(CourseRun.objects.count())
        assert counts == [1] * len(batches)
