"""Grades of the LMS (stood in for, see ``conftest.py``) become public events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from shared.events.learning.data import CourseGradeData
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from tests.credentials_grades_sync.producers.conftest import COURSE_KEY, SAVED_AT

pytestmark = pytest.mark.django_db


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    """Run a block and then what it left to do on commit."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_grade_is_published_whole(lms, published, commit):
    """The event carries the grade as the LMS's own task sends it, and when it was saved."""
    with commit():
        lms.grade()
    [event] = published
    assert event["grade"] == CourseGradeData(
        user_id=7,
        username="learner",
        course_key=COURSE_KEY,
        percent_grade=0.87,
        letter_grade="B",
        passed=True,
        attempted=True,
        verified=True,
        deadline=None,
    )
    assert event["metadata"].time == SAVED_AT


def test_event_does_not_pass_for_one_from_the_bus(lms, published, commit):
    """Only an event that didn't come from the bus is sent to it."""
    with commit():
        lms.grade()
    assert published[0]["from_event_bus"] is False


def test_nothing_is_published_before_the_commit(lms, published, commit):
    """A grade that others can't read yet isn't announced."""
    with commit():
        lms.grade()
        assert published == []
    assert len(published) == 1


def test_grade_that_is_rolled_back_is_not_published(lms, published, commit):
    """A grade that was never saved isn't announced."""
    with commit(), transaction.atomic():
        lms.grade()
        transaction.set_rollback(True)
    assert published == []


@pytest.mark.django_db(transaction=True)
def test_grade_is_published_at_once_outside_a_transaction(lms, published):
    """The LMS's Celery tasks grade without a transaction around them."""
    lms.grade()
    assert len(published) == 1


def test_grade_never_attempted_is_not_published(lms, published, commit):
    """The LMS sends its signal for grades never attempted too, and saves none."""
    with commit():
        lms.grade(attempted=False)
    assert published == []


def test_failing_grade_has_an_empty_letter(lms, published, commit):
    """The LMS's None for a failing letter can't be stored by Credentials."""
    with commit():
        lms.grade(percent=0.0, letter_grade=None, passed=False)
    grade = published[0]["grade"]
    assert (grade.percent_grade, grade.letter_grade, grade.passed) == (0.0, "", False)


def test_deadline_is_passed_on(lms, published, commit):
    """A course run with an end has a deadline."""
    deadline = datetime(2030, 1, 2, tzinfo=timezone(timedelta(hours=-5)))
    with commit():
        lms.grade(deadline=deadline)
    assert published[0]["grade"].deadline == deadline


@pytest.mark.parametrize(
    "zone",
    [
        pytest.param(timezone(timedelta(hours=5, minutes=30)), id="another zone"),
        pytest.param(ZoneInfo("UTC"), id="UTC by another class"),
    ],
)
def test_time_is_utc_as_openedx_events_wants_it(lms, published, commit, zone):
    """openedx-events refuses whatever isn't ``timezone.utc`` itself."""
    lms.saved_grade.modified = SAVED_AT.astimezone(zone)
    with commit():
        lms.grade()
    time = published[0]["metadata"].time
    assert (time, time.tzinfo) == (SAVED_AT, UTC)


def test_time_is_the_one_at_grading(lms, published, commit):
    """A grade saved again before the commit doesn't lend its time to the older one."""
    with commit():
        lms.grade()
        lms.saved_grade.modified = SAVED_AT + timedelta(seconds=1)
        lms.grade(percent=0.9)
    assert [event["metadata"].time for event in published] == [
        SAVED_AT,
        SAVED_AT + timedelta(seconds=1),
    ]


def test_grade_that_is_not_saved_has_the_time_of_sending(lms, published, commit):
    """Where the LMS doesn't persist grades, there is no better time than now."""
    lms.saved_grade.modified = None
    before = datetime.now(UTC)
    with commit():
        lms.grade()
    assert before <= published[0]["metadata"].time <= datetime.now(UTC)


def test_failure_while_grading_is_told_and_harmless(lms, published, commit, monkeypatch, caplog):
    """What the receiver raises is logged by the LMS's ``send_robust``."""
    monkeypatch.setattr(lms.saved_grade, "read", lambda *_: 1 / 0)
    with commit():
        [(_, response)] = lms.grade()
    assert isinstance(response, ZeroDivisionError)
    assert "publish_course_grade" in caplog.text
    assert published == []


def test_failure_after_the_commit_is_told_and_harmless(lms, commit, caplog, settings):
    """What a receiver of the public event raises is logged, even where it isn't caught."""
    settings.DEBUG = True  # openedx-events lets a receiver's exception through then

    def fail(**_event):
        raise ZeroDivisionError

    COURSE_GRADE_CHANGED.connect(fail)
    try:
        with commit():
            lms.grade()
    finally:
        COURSE_GRADE_CHANGED.disconnect(fail)
    assert "send of org.openedx.learning.course.grade.changed.v1" in caplog.text
