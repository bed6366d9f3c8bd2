"""Samples of the grade events, and the rows that they become."""

from __future__ import annotations

from decimal import Decimal

from opaque_keys.edx.keys import CourseKey
from openedx_events.learning.signals import PERSISTENT_GRADE_SUMMARY_CHANGED

from credentials_grades_sync.consumers import USER_GRADES
from credentials_grades_sync.standalone.models import UserGrade
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.testing.factories.learning import CourseGradeFactory, PersistentCourseGradeFactory
from tests.contract import bad_values, odd_values
from tests.contract.sample import Odd, Sample, State

BETTER = {"letter_grade": "A", "percent_grade": 0.95}
FAILING = {"letter_grade": "", "percent_grade": 0.1}

BAD_GRADE = {
    **bad_values.ids("user_id"),
    **bad_values.fractions("percent_grade"),
    **bad_values.texts("letter_grade", max_length=255, blank=True),
}
ODD_GRADE = {
    **odd_values.largest_id("user_id", column="lms_user_id"),
    **odd_values.longest_text("letter_grade", 255),
    "no letter": Odd({"letter_grade": ""}, {"letter_grade": ""}),
    "minus zero is zero": Odd({"percent_grade": -0.0}, {"percent_grade": Decimal(0)}),
    "a percent too small to show": Odd({"percent_grade": 5e-324}, {"percent_grade": Decimal(0)}),
}


def course_key(number: int) -> CourseKey:
    """Return the key of a course run."""
    return CourseKey.from_string(f"course-v1:edX+Tests+{number}")


CHANGED = Sample(
    consumer=USER_GRADES,
    signal=COURSE_GRADE_CHANGED,
    factory=CourseGradeFactory,
    model=UserGrade,
    identify=lambda number: {"user_id": number, "course_key": course_key(number)},
    named=lambda number: {
        "lms_user_id": number,
        "course_key": str(course_key(number)),
        "username": f"learner-{number}",
    },
    says={
        "letter_grade": "B",
        "percent_grade": Decimal("0.87"),
        "passed": True,
        "verified": True,
    },
    changes=(
        State(
            fields=BETTER | {"verified": False},
            says={"letter_grade": "A", "percent_grade": Decimal("0.95"), "verified": False},
        ),
        State(
            fields=FAILING | {"passed": False},
            says={"letter_grade": "", "percent_grade": Decimal("0.1"), "passed": False},
        ),
    ),
    seen=frozenset({"graded_at"}),
    bad={
        **BAD_GRADE,
        **bad_values.texts("username", max_length=150),
        **bad_values.course_keys("course_key"),
        **bad_values.unread_times("deadline", optional=True),
    },
    odd={
        **ODD_GRADE,
        **odd_values.course_keys("course_key"),
        **odd_values.custom_course("course_key"),
        **odd_values.longest_text("username", 150),
        "a naive deadline: the row has no deadline": Odd({"deadline": "2026-03-04T05:06:07"}, {}),
    },
    unwanted={
        "a grade of a library": {"course_key": "library-v1:edX+Tests"},
        "a grade of nothing attempted": {"attempted": False},
        "a bad value of a grade that isn't wanted": {
            "attempted": False,
            "percent_grade": float("nan"),
        },
    },
)
SUMMED_UP = Sample(
    consumer=USER_GRADES,
    signal=PERSISTENT_GRADE_SUMMARY_CHANGED,
    factory=PersistentCourseGradeFactory,
    model=UserGrade,
    identify=lambda number: {"user_id": number, "course__course_key": course_key(number)},
    named=lambda number: {"lms_user_id": number, "course_key": str(course_key(number))},
    says={**CHANGED.says, "username": ""},
    changes=(
        State(fields=BETTER, says={"letter_grade": "A", "percent_grade": Decimal("0.95")}),
        State(fields=FAILING, says=CHANGED.changes[1].says),
    ),
    unknown=frozenset({"username", "verified"}),
    seen=frozenset({"graded_at"}),
    bad={
        **BAD_GRADE,
        **bad_values.course_keys("course.course_key"),
        **bad_values.unread_times("course.start", "course.end", optional=True),
        **bad_values.unread_times("course_edited_timestamp", "passed_timestamp"),
    },
    odd={
        **ODD_GRADE,
        **odd_values.course_keys("course.course_key"),
        **odd_values.custom_course("course.course_key"),
        "a naive passed_timestamp: the row has none": Odd({"passed_timestamp": "2026-03-04"}, {}),
    },
    unwanted={
        "a summary of a library": {"course.course_key": "library-v1:edX+Tests"},
        "a bad value of a summary that isn't wanted": {
            "course.course_key": "library-v1:edX+Tests",
            "user_id": 0,
        },
    },
    unread=frozenset({"course.display_name", "course_version", "grading_policy_hash"}),
)
SAMPLES = (CHANGED, SUMMED_UP)
