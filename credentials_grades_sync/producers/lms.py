"""Turns the LMS's in-process grade signal into the public ``COURSE_GRADE_CHANGED`` event.

It selects nothing but attempted grades; which of those Credentials wants is the consumer's to say.
It can't echo an event back to the bus: what it listens to is a plain Django signal that only the
LMS's grading sends, never a consumer. There is no outbox: what is lost between the commit and the
broker is lost (``docs/how_to/produce_grade_events.md``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from opaque_keys.edx.keys import CourseKey

from shared.events.learning.data import CourseGradeData
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.producing import publish_on_commit


class Learner(Protocol):
    """What is read of the LMS's user."""

    id: int
    username: str


class CourseGrade(Protocol):
    """What is read of the LMS's ``lms.djangoapps.grades.course_grade.CourseGrade``."""

    percent: float
    letter_grade: str | None
    passed: bool
    attempted: bool


def publish_course_grade(
    *,
    user: Learner,
    course_grade: CourseGrade,
    course_key: CourseKey,
    deadline: datetime | None,
    **_signal: object,
) -> None:
    """Publish an attempted grade once the LMS's transaction is committed.

    An exception here is the sender's to log, for the LMS sends with ``send_robust``; one after the
    commit is logged as ``event.not_published``. Neither reaches the grading.
    """
    if not course_grade.attempted:
        return
    # .. event_implemented_name: COURSE_GRADE_CHANGED
    # .. event_type: org.openedx.learning.course.grade.changed.v1
    publish_on_commit(
        COURSE_GRADE_CHANGED,
        time=_saved_at(user.id, course_key),
        grade=_to_event_data(user, course_grade, course_key, deadline),
    )


def _to_event_data(
    user: Learner, course_grade: CourseGrade, course_key: CourseKey, deadline: datetime | None
) -> CourseGradeData:
    """Return the whole grade; what Credentials stores of it is what the LMS's task sends today."""
    return CourseGradeData(
        user_id=user.id,
        username=user.username,
        course_key=course_key,
        percent_grade=course_grade.percent,
        letter_grade=course_grade.letter_grade or "",
        passed=course_grade.passed,
        attempted=course_grade.attempted,
        verified=True,
        deadline=deadline,
    )


def _saved_at(user_id: int, course_key: CourseKey) -> datetime | None:
    """Return when the grade was saved; None where the LMS hasn't saved it."""
    from lms.djangoapps.grades.models import (  # type: ignore[import-not-found]  # the LMS has it
        PersistentCourseGrade,
    )

    try:
        modified: datetime = PersistentCourseGrade.read(user_id, course_key).modified
    except PersistentCourseGrade.DoesNotExist:
        return None
    return modified
