"""Which grade events are wanted."""

from __future__ import annotations

import pytest
from opaque_keys.edx.keys import CourseKey
from openedx_events.data import EventsMetadata
from openedx_events.learning.signals import PERSISTENT_GRADE_SUMMARY_CHANGED

from credentials_grades_sync import filters
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.testing.factories.learning import (
    CourseFactory,
    CourseGradeFactory,
    PersistentCourseGradeFactory,
)

CHANGED = EventsMetadata(event_type=COURSE_GRADE_CHANGED.event_type)
SUMMED_UP = EventsMetadata(event_type=PERSISTENT_GRADE_SUMMARY_CHANGED.event_type)


@pytest.mark.parametrize("passed", [True, False])
def test_attempted_grade_is_wanted(passed):
    """Passing or failing, once something was attempted."""
    data = {"grade": CourseGradeFactory(attempted=True, passed=passed, percent_grade=0.0)}
    assert filters.is_recordable(data, CHANGED) is True


def test_grade_that_was_never_attempted_is_not_wanted():
    """A computed zero is no grade yet."""
    data = {"grade": CourseGradeFactory(attempted=False, percent_grade=0.0, letter_grade="")}
    assert filters.is_recordable(data, CHANGED) is False


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        ("course-v1:edX+Tests+2026", True),
        ("edX/Tests/2026", True),
        ("ccx-v1:edX+Tests+2026+ccx@1", True),
        ("library-v1:edX+Tests", False),
    ],
)
def test_summary_of_a_course_is_wanted(key, wanted):
    """The LMS sums up attempted grades only; a library has no grades."""
    course = CourseFactory(course_key=CourseKey.from_string(key))
    data = {"grade": PersistentCourseGradeFactory(course=course)}
    assert filters.is_recordable_summary(data, SUMMED_UP) is wanted
