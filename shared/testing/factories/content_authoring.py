"""Courses, as Studio sends them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from factory.base import Factory
from factory.declarations import LazyAttributeSequence, SubFactory
from opaque_keys.edx.keys import CourseKey
from openedx_events.content_authoring.data import (
    CourseCatalogData,
    CourseData,
    CourseScheduleData,
)


def course_key(number: int) -> CourseKey:
    """Return the key of a course run."""
    return CourseKey.from_string(f"course-v1:edX+Tests+{number}")


class CourseScheduleFactory(Factory[Any]):
    """A schedule with every date."""

    class Meta:
        model = CourseScheduleData

    start = datetime(2026, 3, 1, tzinfo=UTC)
    pacing = "instructor"
    end = datetime(2026, 6, 1, tzinfo=UTC)
    enrollment_start = datetime(2026, 1, 1, tzinfo=UTC)
    enrollment_end = datetime(2026, 4, 1, tzinfo=UTC)


class CourseCatalogFactory(Factory[Any]):
    """A course as Studio published it; each is a course run of its own."""

    class Meta:
        model = CourseCatalogData

    course_key = LazyAttributeSequence(lambda _, number: course_key(number))
    name = "Tests"
    schedule_data = SubFactory(CourseScheduleFactory)
    hidden = False
    invitation_only = False


class CourseFactory(Factory[Any]):
    """A course that is there; each is a course run of its own."""

    class Meta:
        model = CourseData

    course_key = LazyAttributeSequence(lambda _, number: course_key(number))
