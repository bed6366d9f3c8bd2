"""What a grade event says becomes a record, or names the field that it can't be."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from opaque_keys.edx.keys import CourseKey
from openedx_events.data import EventsMetadata
from openedx_events.learning.signals import PERSISTENT_GRADE_SUMMARY_CHANGED

from credentials_grades_sync import mappers
from credentials_grades_sync.records import UserGradeRecord
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.exceptions import UnmappableEvent
from shared.records import fold_key, layout_of
from shared.testing.factories.learning import (
    CourseFactory,
    CourseGradeFactory,
    PersistentCourseGradeFactory,
)

TIME = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
CHANGED = EventsMetadata(event_type=COURSE_GRADE_CHANGED.event_type, time=TIME)
SUMMED_UP = EventsMetadata(event_type=PERSISTENT_GRADE_SUMMARY_CHANGED.event_type, time=TIME)
LIBRARY = CourseKey.from_string("library-v1:edX+Tests")
LONG = CourseKey.from_string(f"course-v1:edX+{'x' * 240}+2026")


def from_changed(**fields):
    """Map the event that knows the whole grade."""
    return mappers.from_grade_changed({"grade": CourseGradeFactory(**fields)}, CHANGED)


def from_summary(**fields):
    """Map the LMS's summary."""
    return mappers.from_grade_summary({"grade": PersistentCourseGradeFactory(**fields)}, SUMMED_UP)


def test_grade_is_mapped_whole():
    """Every column has its value, and the event's time is when the grade was given."""
    record = from_changed(user_id=7, username="learner-7", verified=False)
    assert record == UserGradeRecord(
        lms_user_id=7,
        course_key="course-v1:edX+Tests+2026",
        letter_grade="B",
        percent_grade=Decimal("0.8700"),
        passed=True,
        graded_at=TIME,
        username="learner-7",
        verified=False,
    )
    assert record.graded_at == TIME


def test_summary_knows_neither_username_nor_verified():
    """What it doesn't know it says nothing of."""
    record = from_summary(user_id=7)
    assert record == UserGradeRecord(
        lms_user_id=7,
        course_key="course-v1:edX+Tests+2026",
        letter_grade="B",
        percent_grade=Decimal("0.8700"),
        passed=True,
        graded_at=TIME,
    )
    assert (record.username, record.verified) == (None, None)


@pytest.mark.parametrize(("letter", "passed"), [("B", True), ("Pass", True), ("", False)])
def test_summary_passes_by_its_letter(letter, passed):
    """A learner who passed once and fell has a passed_timestamp, and no letter."""
    assert from_summary(letter_grade=letter).passed is passed


@pytest.mark.parametrize("passed", [True, False])
def test_grade_passes_as_it_says(passed):
    """The whole grade needs no inference."""
    assert from_changed(passed=passed, letter_grade="").passed is passed


@pytest.mark.parametrize(
    ("percent", "stored"),
    [
        (0.7, "0.7000"),
        (0.0, "0.0000"),
        (-0.0, "0.0000"),
        (1.0, "1.0000"),
        (0.00005, "0.0000"),
        (1e-7, "0.0000"),
        (0.99995, "1.0000"),
        (0.33335, "0.3334"),
    ],
)
@pytest.mark.parametrize("map_grade", [from_changed, from_summary])
def test_percent_has_four_places(map_grade, percent, stored):
    """Rounded as a person would who reads its digits, half to even."""
    assert str(map_grade(percent_grade=percent).percent_grade) == stored


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"user_id": 0}, "grade.user_id"),
        ({"user_id": -5}, "grade.user_id"),
        ({"user_id": 2**63}, "grade.user_id"),
        ({"percent_grade": math.nan}, "grade.percent_grade"),
        ({"percent_grade": math.inf}, "grade.percent_grade"),
        ({"percent_grade": 9.99995}, "grade.percent_grade"),
        ({"letter_grade": "A" * 256}, "grade.letter_grade"),
        ({"letter_grade": "A\0"}, "grade.letter_grade"),
    ],
)
@pytest.mark.parametrize("map_grade", [from_changed, from_summary])
def test_bad_value_is_named(map_grade, fields, path):
    """Both events name the same fields."""
    with pytest.raises(UnmappableEvent) as raised:
        map_grade(**fields)
    assert raised.value.field == path


@pytest.mark.parametrize("username", ["", "x" * 151, "learner\0-1"])
def test_bad_username_is_named(username):
    """An event that knows the username must know it whole."""
    with pytest.raises(UnmappableEvent, match=r"^grade\.username: "):
        from_changed(username=username)


@pytest.mark.parametrize("key", [LIBRARY, LONG], ids=["library", "long"])
def test_bad_course_key_is_named(key):
    """Each event names its own path."""
    with pytest.raises(UnmappableEvent, match=r"^grade\.course_key: "):
        from_changed(course_key=key)
    with pytest.raises(UnmappableEvent, match=r"^grade\.course\.course_key: "):
        from_summary(course=CourseFactory(course_key=key))


def test_both_events_name_the_same_row():
    """The learner's LMS id and the course run are what both know."""
    assert from_changed(user_id=7).key == from_summary(user_id=7).key


def test_spelling_of_a_course_key_does_not_make_another_row():
    """The LMS looks courses up without regard to case, and so do some databases."""
    other = from_changed(user_id=7, course_key=CourseKey.from_string("course-v1:EDX+tests+2026"))
    assert fold_key(other.key) == fold_key(from_summary(user_id=7).key)


def test_kinds_of_fields():
    """Times are no change by themselves, and what one event doesn't know it never blanks."""
    layout = layout_of(from_changed())
    assert layout.observed == ("graded_at",)
    assert layout.fill_only == ("username", "verified")
