"""Grades, as the LMS sends them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from factory.base import Factory
from factory.declarations import LazyAttribute, Sequence, SubFactory
from opaque_keys.edx.keys import CourseKey
from openedx_events.learning.data import CourseData, PersistentCourseGradeData

from shared.events.learning.data import CourseGradeData

COURSE_KEY = CourseKey.from_string("course-v1:edX+Tests+2026")
EDITED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PASSED_AT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


class CourseGradeFactory(Factory[Any]):
    """A learner's passing grade; each gets a learner of their own."""

    class Meta:
        model = CourseGradeData

    user_id = Sequence(lambda number: number + 1)
    username = LazyAttribute(lambda grade: f"learner-{grade.user_id}")
    course_key = COURSE_KEY
    percent_grade = 0.87
    letter_grade = "B"
    passed = True
    attempted = True
    verified = True
    deadline = None


class CourseFactory(Factory[Any]):
    """A course as the LMS's summary describes it."""

    class Meta:
        model = CourseData

    course_key = COURSE_KEY
    display_name = "Tests"


class PersistentCourseGradeFactory(Factory[Any]):
    """The LMS's summary of a passing grade; each gets a learner of their own."""

    class Meta:
        model = PersistentCourseGradeData

    user_id = Sequence(lambda number: number + 1)
    course = SubFactory(CourseFactory)
    course_edited_timestamp = EDITED_AT
    course_version = "5d0c"
    grading_policy_hash = "2uoA"
    percent_grade = 0.87
    letter_grade = "B"
    passed_timestamp = PASSED_AT
