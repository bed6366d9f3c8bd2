"""From what the LMS holds to the room's events: grades of before the room, or that got lost."""

from collections.abc import Mapping
from typing import Any

from shared.events.learning.data import CourseGradeData
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.snapshots import Row, Snapshot


def grade(row: Row) -> Mapping[str, Any]:
    """Return the data of a row: the fields of the event, and a saved grade was attempted."""
    return {
        "grade": CourseGradeData(
            user_id=row.number("user_id"),
            username=row.text("username"),
            course_key=row.course_key("course_key"),
            percent_grade=row.fraction("percent_grade"),
            letter_grade=row.text("letter_grade"),
            passed=row.flag("passed"),
            attempted=True,
            verified=row.flag("verified"),
        )
    }


# The producer's events bear the time at which the LMS saved the grade, and it saves each by itself.
USER_GRADES = Snapshot(signal=COURSE_GRADE_CHANGED, to_data=grade, modified="modified")
