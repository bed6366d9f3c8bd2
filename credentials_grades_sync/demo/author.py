"""Writes grade events as a busy and unreliable LMS would send them. Learners are made up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs
from opaque_keys.edx.keys import CourseKey
from openedx_events.learning.data import (
    CourseData,
    CoursePassingStatusData,
    PersistentCourseGradeData,
    UserData,
    UserPersonalData,
)
from openedx_events.learning.signals import (
    COURSE_PASSING_STATUS_UPDATED,
    PERSISTENT_GRADE_SUMMARY_CHANGED,
)

from shared.demo import author
from shared.demo.author import Content, Row
from shared.demo.stream import StockEvent
from shared.events.learning.data import CourseGradeData
from shared.events.learning.signals import COURSE_GRADE_CHANGED

_COURSES = [CourseKey.from_string(f"course-v1:DemoX+{name}+2026") for name in ("Algebra", "Botany")]
_COURSE_EDITED = datetime(2026, 1, 5, tzinfo=UTC)
_LETTERS = ((0.9, "A"), (0.75, "B"), (0.6, "C"), (0.0, ""))


class Author(author.Author[CourseGradeData]):
    """Writes events about learners' grades in course runs."""

    source = "openedx/lms/web"
    sourcehost = "lms.example.com"

    def says(self, state: CourseGradeData) -> Content:
        """Say the whole grade."""
        return Content(COURSE_GRADE_CHANGED, "grade.user_id", {"grade": state})

    def other(self, state: CourseGradeData, **changes: Any) -> CourseGradeData:
        """Return another grade of the same learner."""
        percent = (round(state.percent_grade * 100) + self.random.randrange(1, 101)) % 101 / 100
        letter = next(letter for least, letter in _LETTERS if percent >= least)
        grade = attrs.evolve(
            state,
            percent_grade=percent,
            letter_grade=letter,
            passed=letter != "",
            verified=self.random.random() < 0.9,
        )
        return attrs.evolve(grade, **changes)

    def new_grade(self) -> StockEvent:
        """Tell the first grade of a learner in a course run."""
        return self.tell(self._new_row())

    def changed_grade(self) -> StockEvent:
        """Tell another grade for a row."""
        return self.tell(self.change(self.any_row()))

    def new_summary(self) -> StockEvent:
        """Sum up a row whose grade event has yet to come, if ever."""
        return self._sum_up(self._new_row())

    def changed_summary(self) -> StockEvent:
        """Sum up another grade for a row."""
        return self._sum_up(self.change(self.any_row()))

    def never_attempted(self) -> StockEvent:
        """Tell a computed zero that the learner has done nothing for."""
        return self.untold(attempted=False, percent_grade=0.0, letter_grade="", passed=False)

    def passing_status(self) -> StockEvent:
        """Write an event of a type that openedx-events knows and the room does not consume."""
        return self.event(_passing_status(self.any_row().state), self.tick())

    def _new_row(self) -> Row[CourseGradeData]:
        learner, course = divmod(len(self.rows), len(_COURSES))
        blank = CourseGradeData(
            user_id=self.run.ids[learner],
            username=f"learner-{learner + 1}",
            course_key=_COURSES[course],
            percent_grade=0.0,
            letter_grade="",
            passed=False,
            attempted=True,
            verified=True,
        )
        return self.add(self.other(blank))

    def _sum_up(self, row: Row[CourseGradeData]) -> StockEvent:
        return self.tell(row, _summary(row.state))


def _summary(grade: CourseGradeData) -> Content:
    # Both times are required: see the producer's docs for what the LMS loses by that today.
    summary = PersistentCourseGradeData(
        user_id=grade.user_id,
        course=CourseData(course_key=grade.course_key),
        course_edited_timestamp=_COURSE_EDITED,
        course_version="",
        grading_policy_hash="",
        percent_grade=grade.percent_grade,
        letter_grade=grade.letter_grade,
        passed_timestamp=_COURSE_EDITED,
    )
    return Content(PERSISTENT_GRADE_SUMMARY_CHANGED, "grade.user_id", {"grade": summary})


def _passing_status(grade: CourseGradeData) -> Content:
    status = CoursePassingStatusData(
        is_passing=grade.passed,
        course=CourseData(course_key=grade.course_key),
        user=UserData(
            id=grade.user_id,
            is_active=True,
            pii=UserPersonalData(username=grade.username, email="", name=""),
        ),
    )
    key_field = "course_passing_status.user.id"
    return Content(COURSE_PASSING_STATUS_UPDATED, key_field, {"course_passing_status": status})
