"""What goes wrong in Discovery when its tables are written to naively; each by its name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from importlib import import_module
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from discovery_course_run_sync.hosts.discovery.host import PUSH_SEATS
from shared.models import DeadLetter
from shared.outcomes import Outcome
from tests.hosts.discovery.events import SAYS, SCHEDULE, created, published
from tests.hosts.discovery.rows import (
    OLD_END,
    make_course,
    make_courses,
    make_partner,
    make_run,
    make_runs,
    make_seat,
    model,
    runs,
    said,
    seen,
    type_of,
)

APPLIED, UNCHANGED, STALE, DEAD = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE, Outcome.DEAD
OLD_STATUS = {"status": "unpublished"}


# ------------------------------------------------------------------ drafts and official rows


def test_objects_hides_drafts(partner, send):
    """A run that is a draft only is found; no official row is made beside it."""
    draft = make_run(make_course(partner, draft=True))
    assert send(published(1)) == [APPLIED]
    assert said(draft) == SAYS | OLD_STATUS
    assert runs() == [draft]


def test_official_row_without_a_draft(partner, send):
    """It is updated, and no draft is made."""
    run = make_run(make_course(partner))
    assert send(published(1)) == [APPLIED]
    assert said(run) == SAYS | OLD_STATUS
    assert runs() == [run]


def test_next_publish_would_revert_the_row_that_was_left_out(partner, send):
    """Both rows of a run follow, so that whichever is copied over the other brings nothing back."""
    draft, official = make_runs(partner)
    send(published(1))
    assert said(draft) == said(official) == SAYS | OLD_STATUS


def test_rows_that_nobody_linked(partner, send):
    """A draft and an official row of one key are one run all the same."""
    draft_course, course = make_courses(partner)
    pair = [make_run(draft_course), make_run(course)]
    send(published(1))
    assert [said(run) for run in pair] == [SAYS | OLD_STATUS] * 2


# ------------------------------------------------------------------ what save() does


def test_save_publishes_to_marketing_unless_suppressed(partner, send, told):
    """An event pushes no run to the marketing site."""
    make_runs(partner)
    told.marketing.clear()
    assert send(published(1)) == [APPLIED]
    assert told.marketing == []


def test_save_mails_when_a_draft_changes_its_status(plain_partner, send, told):
    """Studio's publication mails nobody, though it publishes the run."""
    draft, _ = make_runs(plain_partner, status="review_by_legal")
    assert send(published(1)) == [APPLIED]
    assert said(draft)["status"] == "published"
    assert told.mails == []


def test_save_drops_overrides_of_seats_only_when_the_end_moves(partner, send):
    """An event that leaves the end alone leaves the seats alone."""
    late = datetime(2025, 12, 30, tzinfo=UTC)
    pair = make_runs(partner)
    seats = [make_seat(run, "verified", upgrade_deadline_override=late) for run in pair]
    send(published(1, end=OLD_END))
    for seat in seats:
        seat.refresh_from_db()
        assert seat.upgrade_deadline == late
    send(published(2))
    for seat in seats:
        seat.refresh_from_db()
        assert seat.upgrade_deadline_override is None


def test_upgrade_deadlines_move_with_the_end(partner, send):
    """Of verified seats, of both rows, to what Discovery makes of the new end."""
    pair = make_runs(partner)
    verified = [make_seat(run, "verified") for run in pair]
    credit = make_seat(pair[0], "credit")
    send(published(1))
    for row in (pair[0], *verified, credit):
        row.refresh_from_db()
    deadline = pair[0].get_seat_default_upgrade_deadline(verified[0].type)
    assert deadline.date() == (SCHEDULE["end"] - timedelta(days=10)).date()
    assert [seat.upgrade_deadline for seat in (*verified, credit)] == [deadline, deadline, None]


def test_upgrade_deadlines_stay_where_there_is_no_end(partner, send):
    """A run without an end has nothing to reckon from."""
    run = make_run(make_course(partner))
    deadline = datetime(2025, 12, 21, tzinfo=UTC)
    seat = make_seat(run, "verified", _upgrade_deadline=deadline)
    assert send(published(1, end=None)) == [APPLIED]
    seat.refresh_from_db()
    assert seat.upgrade_deadline == deadline


def test_ecommerce_hears_of_a_new_end(partner, send, told, django_capture_on_commit_callbacks):
    """Once, after the commit, of the official row with seats; not of what is delivered again."""
    _, official = make_runs(partner)
    make_seat(official, "verified")
    with django_capture_on_commit_callbacks() as callbacks:
        send(published(1))
    assert told.ecommerce == []
    assert len(callbacks) == 1
    callbacks[0]()
    assert told.ecommerce == [official.pk]
    with django_capture_on_commit_callbacks(execute=True):
        assert send(published(1), published(2), published(3, hidden=True))[0] == UNCHANGED
    assert told.ecommerce == [official.pk]


def test_ecommerce_that_fails_takes_nothing_back(
    partner, send, monkeypatch, caplog, django_capture_on_commit_callbacks
):
    """The run is committed by then; the failure is logged by Django."""

    def fail(run: Any) -> None:
        raise ConnectionError

    module, _, name = PUSH_SEATS.rpartition(".")
    monkeypatch.setattr(import_module(module), name, fail)
    _, official = make_runs(partner)
    make_seat(official, "verified")
    with django_capture_on_commit_callbacks(execute=True):
        assert send(published(1)) == [APPLIED]
    assert said(official) == SAYS | OLD_STATUS
    assert "Error calling" in caplog.text


@pytest.mark.parametrize("has_seat", [False, True])
def test_ecommerce_does_not_hear_what_the_loader_keeps_from_it(
    partner, send, told, has_seat, django_capture_on_commit_callbacks
):
    """A run without seats, and one with a deadline that somebody has set by hand."""
    draft, official = make_runs(partner)
    if has_seat:
        for run in (draft, official):
            make_seat(run, "professional", upgrade_deadline_override=OLD_END)
    with django_capture_on_commit_callbacks(execute=True):
        assert send(published(1)) == [APPLIED]
    assert told.ecommerce == []


def test_update_by_query_would_skip_history_and_caches(partner, send, told):
    """Each row has a new entry in its history, caches hear of it, and the course is newer."""
    pair = make_runs(partner)
    before = [run.history.count() for run in pair]
    old = datetime(2025, 1, 1, tzinfo=UTC)
    model("Course").everything.update(data_modified_timestamp=old)
    told.caches.clear()
    send(published(1))
    assert all(run.history.count() > count for run, count in zip(pair, before, strict=True))
    assert {run.pk for run in pair} == set(told.caches)
    for course in model("Course").everything.all():
        assert course.data_modified_timestamp > old


# ------------------------------------------------------------------ Publisher


@pytest.mark.parametrize("status", ["unpublished", "review_by_legal", "reviewed", "published"])
def test_status_is_never_forced_under_publisher(partner, send, status):
    """Whatever it is, it is the course team's."""
    pair = make_runs(partner, status=status)
    send(published(1))
    assert [said(run)["status"] for run in pair] == [status] * 2


def test_studio_publishes_where_no_publisher_does(plain_partner, send):
    """As the loader does; a creation publishes nothing."""
    pair = make_runs(plain_partner)
    send(created(1))
    assert [said(run)["status"] for run in pair] == ["unpublished"] * 2
    send(published(1))
    assert [said(run) for run in pair] == [SAYS | {"status": "published"}] * 2


def test_course_has_its_title_from_its_canonical_run_without_publisher(plain_partner, send, told):
    """From no other run; and under Publisher it has it from nobody."""
    course = make_course(plain_partner)
    first, second = make_run(course, key="course-v1:edX+Tests+2025"), make_run(course)
    course.canonical_course_run = first
    course.save()
    send(published(1, second.key, name="Second"))
    course.refresh_from_db()
    assert course.title == "Old"
    send(published(1, first.key, name="First"))
    course.refresh_from_db()
    assert course.title == "First"
    plain_partner.publisher_url = "https://publisher.example.com/"
    plain_partner.save()
    send(published(2, first.key, name="Newer"))
    course.refresh_from_db()
    assert course.title == "First"


# ------------------------------------------------------------------ values


def test_run_without_a_type(partner, send):
    """Discovery can't save it: it is given the type "empty", and so is a new run beside it."""
    run = make_run(make_course(partner))
    model("CourseRun").everything.update(type=None)
    assert send(published(1)) == [APPLIED]
    assert said(run) == SAYS | OLD_STATUS
    empty = type_of("CourseRunType", "empty")
    assert [run.type for run in runs()] == [empty]
    model("CourseRun").everything.update(type=None)
    assert send(published(2)) == [UNCHANGED]
    assert send(published(1, "course-v1:edX+Tests+2027")) == [APPLIED]
    assert runs()[-1].type == empty


def test_title_over_255_characters(partner, send):
    """A dead letter on every database; the row stays as it was, its neighbour is applied."""
    run = make_run(make_course(partner))
    before = seen(run)
    assert send(published(1, name="T" * 256), published(1, "course-v1:edX+B+1")) == [DEAD, APPLIED]
    assert seen(run) == before
    assert "catalog_info.name" in DeadLetter.objects.get().error
    assert send(published(2, name="\u00dc" * 255)) == [APPLIED]
    assert len(said(run)["title_override"]) == 255


@pytest.mark.parametrize("name", ["start", "end", "enrollment_start", "enrollment_end"])
def test_naive_datetimes(partner, send, name):
    """A time that could be any of 27 is a dead letter; another zone's time is the same time."""
    run = make_run(make_course(partner))
    assert send(published(1, **{name: SCHEDULE[name].replace(tzinfo=None)})) == [DEAD]
    assert said(run)["title_override"] == "Old"
    there = SCHEDULE[name].astimezone(timezone(timedelta(hours=9)))
    assert send(published(2, **{name: there})) == [APPLIED]
    assert said(run) == SAYS | OLD_STATUS


@pytest.mark.parametrize("name", ["end", "enrollment_start", "enrollment_end"])
def test_date_that_is_now_empty_clears_its_column(partner, send, name):
    """Of both rows, and the other dates stay."""
    pair = make_runs(partner)
    send(published(1))
    without: dict[str, Any] = {name: None}
    assert send(published(2, **without)) == [APPLIED]
    assert [said(run) for run in pair] == [SAYS | OLD_STATUS | {name: None}] * 2


@pytest.mark.parametrize(
    ("pacing", "stored"),
    [
        ("instructor", "instructor_paced"),
        ("self", "self_paced"),
        ("Instructor", "instructor_paced"),
        ("instructor,", "instructor_paced"),
        ("Self-Paced", "self_paced"),
    ],
)
def test_pacing_is_spelt_otherwise(partner, send, pacing, stored):
    """Discovery has words of its own; odd spellings are taken, too."""
    run = make_run(make_course(partner), pacing_type=None)
    assert send(published(1, pacing=pacing)) == [APPLIED]
    assert said(run)["pacing_type"] == stored


@pytest.mark.parametrize("pacing", ["", "weekly"])
def test_pacing_that_nobody_knows(partner, send, pacing):
    """A dead letter; what Discovery has stays."""
    run = make_run(make_course(partner))
    assert send(published(1, pacing=pacing)) == [DEAD]
    assert said(run)["pacing_type"] == "self_paced"


@pytest.mark.parametrize(("name", "stored"), [(" Tests\t", "Tests"), (" ", None), ("", None)])
def test_title_is_as_the_loader_has_it(partner, send, name, stored):
    """Stripped, and none if there is nothing: the two don't write it in turn."""
    run = make_run(make_course(partner))
    send(published(1, name=name))
    assert said(run)["title_override"] == stored


# ------------------------------------------------------------------ order and identity


def test_event_time_repeats(partner, send):
    """Of two publications with one time the one that was sent last wins, in any order."""
    run = make_run(make_course(partner))
    assert send(published(1, name="First", offset=7)) == [APPLIED]
    assert send(published(1, name="Last", offset=9)) == [APPLIED]
    assert send(published(1, name="Between", offset=8)) == [STALE]
    assert said(run)["title_override"] == "Last"


def test_key_in_another_case(partner, send):
    """It is the same run, in both rows, and has the newest spelling, as the loader gives it."""
    pair = make_runs(partner, key="course-v1:EDX+tests+2026")
    assert send(published(1)) == [APPLIED]
    assert [said(run) for run in pair] == [SAYS | OLD_STATUS] * 2
    assert send(published(2, "course-v1:edx+TESTS+2026"), published(1)) == [APPLIED, STALE]
    assert [said(run)["key"] for run in pair] == ["course-v1:edx+TESTS+2026"] * 2
    assert len(runs()) == 2


def test_keys_that_differ_in_case_only(partner, send):
    """None of several runs is picked: a dead letter says so, and all stay as they are."""
    course = make_course(partner)
    make_run(course)
    try:
        with transaction.atomic():
            make_run(course, key="course-v1:EDX+tests+2026")
    except IntegrityError:
        # A database that compares without case keeps there from being several.
        assert connection.vendor == "mysql"
        assert send(published(1)) == [APPLIED]
        return
    assert send(published(1)) == [DEAD]
    assert {said(run)["title_override"] for run in runs()} == {"Old"}
    assert "differ in case" in DeadLetter.objects.get().error


def test_run_of_another_partner(partner, send):
    """It isn't ours to change, nor to make again: a dead letter says so."""
    run = make_run(make_course(make_partner("other")))
    assert send(published(1)) == [DEAD]
    assert said(run)["title_override"] == "Old"
    assert runs() == [run]
    assert "another partner" in DeadLetter.objects.get().error


def test_nothing_is_deleted_or_unpublished(partner, send):
    """Whatever is told of a run that is published."""
    pair = make_runs(partner, status="published")
    other = make_run(pair[1].course, key="course-v1:edX+Tests+2025", status="published")
    send(published(1, hidden=True, end=datetime(2026, 3, 2, tzinfo=UTC)), created(2))
    assert {said(run)["status"] for run in (*pair, other)} == {"published"}
    assert len(runs()) == 3
