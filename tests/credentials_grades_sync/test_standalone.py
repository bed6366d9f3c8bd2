"""What only one of the two grade events knows is kept, and when a grade was given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from opaque_keys.edx.keys import CourseKey
from openedx_events.learning.signals import PERSISTENT_GRADE_SUMMARY_CHANGED

from credentials_grades_sync.standalone.models import UserGrade
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.messages import Event
from shared.outcomes import Outcome
from shared.testing import deliver, make_event
from shared.testing.factories.learning import CourseGradeFactory, PersistentCourseGradeFactory
from tests.orders import each_way

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 1, tzinfo=UTC)
APPLIED, UNCHANGED, STALE = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE


def at(second: int) -> datetime:
    """Return a time."""
    return START + timedelta(seconds=second)


def grade(second: int, **fields) -> Event:
    """Return the event that knows the whole grade, of one learner in one course run."""
    data = CourseGradeFactory(**{"user_id": 7, "username": "learner-7"} | fields)
    return make_event(COURSE_GRADE_CHANGED, time=at(second), offset=second, grade=data)


def summary(second: int, **fields) -> Event:
    """Return the LMS's summary of the same grade."""
    data = PersistentCourseGradeFactory(**{"user_id": 7} | fields)
    return make_event(PERSISTENT_GRADE_SUMMARY_CHANGED, time=at(second), offset=second, grade=data)


def outcomes(room, *events):
    """Deliver events as one batch and return how they ended."""
    return [ending.outcome for ending in deliver(room, *events).endings]


def row() -> tuple[object, ...]:
    """Return what the one row says, whatever came when."""
    found = UserGrade.objects.get()
    return (
        found.letter_grade,
        found.percent_grade,
        found.passed,
        found.username,
        found.verified,
        found.position.time,
        found.filled_position.time,
    )


def rows_of(room, *events):
    """Return the rows that these events end in, in each order and in any batches."""
    rows = set()
    for batches in each_way(*events):
        UserGrade.objects.all().delete()
        for batch in batches:
            outcomes(room, *batch)
        rows.add(row())
    return rows


def test_username_is_filled_in_every_order(room):
    """A summary never blanks it, and an event that comes late still fills it."""
    events = [
        summary(1, letter_grade="C", percent_grade=0.71),
        grade(2, verified=False),
        summary(3, letter_grade="A", percent_grade=0.95),
    ]
    assert rows_of(room, *events) == {
        ("A", Decimal("0.9500"), True, "learner-7", False, at(3), at(2))
    }


def test_username_follows_a_rename_in_every_order(room):
    """The newest event that knows a username is right about it."""
    events = [
        grade(1, username="learner-7"),
        grade(2, username="learner-seven"),
        summary(3, letter_grade="A", percent_grade=0.95),
    ]
    assert rows_of(room, *events) == {
        ("A", Decimal("0.9500"), True, "learner-seven", True, at(3), at(2))
    }


def test_verified_follows_the_newest_that_knows_in_every_order(room):
    """False is known, and not the same as unknown."""
    events = [grade(1, verified=False), grade(2, verified=True), grade(3, verified=False)]
    assert rows_of(room, *events) == {
        ("B", Decimal("0.8700"), True, "learner-7", False, at(3), at(3))
    }


def test_grade_was_given_when_its_event_says(room):
    """Not when the event came."""
    outcomes(room, grade(1))
    assert UserGrade.objects.get().graded_at == at(1)


def test_summary_that_repeats_a_grade_moves_only_the_position(room):
    """The row was not modified, and the grade was given when it first was."""
    outcomes(room, grade(1))
    before = UserGrade.objects.values().get()
    assert outcomes(room, summary(2)) == [UNCHANGED]
    after = UserGrade.objects.values().get()
    assert dict(after) == dict(before) | {"position": after["position"]}
    assert (after["position"].time, after["graded_at"]) == (at(2), at(1))


def test_changed_grade_is_graded_anew(room):
    """The time of the grade is that of the event that changed it."""
    outcomes(room, grade(1))
    before = UserGrade.objects.get()
    assert outcomes(room, summary(2, percent_grade=0.9)) == [APPLIED]
    after = UserGrade.objects.get()
    assert after.graded_at == at(2)
    assert after.modified > before.modified
    assert after.created == before.created


def test_time_of_the_grade_is_as_this_table_saw_it(room):
    """A late event between two equal ones doesn't tell when the grade came back."""
    outcomes(room, grade(1), grade(3))
    assert outcomes(room, grade(2, letter_grade="C", percent_grade=0.7)) == [STALE]
    assert UserGrade.objects.get().graded_at == at(1)


def test_new_username_is_no_new_grade(room):
    """A rename modifies the row and leaves the time of the grade alone."""
    outcomes(room, grade(1))
    before = UserGrade.objects.get()
    assert outcomes(room, grade(2, username="learner-seven")) == [APPLIED]
    after = UserGrade.objects.get()
    assert (after.username, after.graded_at) == ("learner-seven", at(1))
    assert after.modified > before.modified


def test_late_username_is_filled_by_a_stale_event(room):
    """Its grade is too old to count; its username isn't."""
    outcomes(room, summary(2))
    assert outcomes(room, grade(1, letter_grade="A", percent_grade=1.0)) == [APPLIED]
    assert row() == ("B", Decimal("0.8700"), True, "learner-7", True, at(2), at(1))


def test_course_key_in_other_case_is_the_same_course(room):
    """One row, which follows the newest spelling."""
    outcomes(room, grade(1))
    other = CourseKey.from_string("course-v1:EDX+tests+2026")
    assert outcomes(room, grade(2, course_key=other, letter_grade="A")) == [APPLIED]
    found = UserGrade.objects.get()
    assert (found.course_key, found.letter_grade) == ("course-v1:EDX+tests+2026", "A")


def test_learner_and_course_are_both_part_of_the_identity(room):
    """Another learner or another course run has a row of its own."""
    other = CourseKey.from_string("course-v1:edX+Tests+2027")
    events = [grade(1), grade(2, user_id=8), grade(3, course_key=other)]
    assert outcomes(room, *events) == [APPLIED, APPLIED, APPLIED]
    assert UserGrade.objects.count() == 3


def test_database_knows_one_grade_for_a_learner_in_a_course(room):
    """Whoever writes past the guard can't make a second row, either."""
    outcomes(room, grade(1))
    copy = UserGrade.objects.get()
    copy.pk, copy.sync_key = None, "another"
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save()


def test_accent_makes_another_course(room):
    """On every database, whatever its collation takes for equal."""
    keys = [CourseKey.from_string(f"course-v1:edX+{name}+2026") for name in ("cafe", "caf\u00e9")]
    assert outcomes(room, *(grade(1, course_key=key) for key in keys)) == [APPLIED, APPLIED]


def test_two_learners_may_share_a_username(room):
    """A username that was given up can be taken by another; the LMS id is who they are."""
    assert outcomes(room, grade(1), grade(2, user_id=8)) == [APPLIED, APPLIED]
    assert UserGrade.objects.filter(username="learner-7").count() == 2
