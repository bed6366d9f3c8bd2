"""From a grade event to a record. Pure; a bad value raises ``UnmappableEvent`` with its field."""

from decimal import Decimal

from openedx_events.data import EventsMetadata

from credentials_grades_sync.records import UserGradeRecord
from shared import values
from shared.consumer import EventData


def from_grade_changed(data: EventData, metadata: EventsMetadata) -> UserGradeRecord:
    """Map the event that knows the whole grade."""
    grade = data["grade"]
    return UserGradeRecord(
        lms_user_id=values.positive_id(grade.user_id, "grade.user_id"),
        course_key=values.course_run_key(grade.course_key, "grade.course_key"),
        letter_grade=_letter(grade.letter_grade),
        percent_grade=_percent(grade.percent_grade),
        passed=grade.passed,
        graded_at=metadata.time,
        username=values.text(grade.username, "grade.username", max_length=150),
        verified=grade.verified,
    )


def from_grade_summary(data: EventData, metadata: EventsMetadata) -> UserGradeRecord:
    """Map the LMS's summary, which knows neither the username nor the mode.

    A saved grade passes when it has a letter (``CourseGradeFactory`` of the LMS reads it so);
    ``passed_timestamp`` says when it first did, and stays when a grade falls again.
    """
    grade = data["grade"]
    letter_grade = _letter(grade.letter_grade)
    return UserGradeRecord(
        lms_user_id=values.positive_id(grade.user_id, "grade.user_id"),
        course_key=values.course_run_key(grade.course.course_key, "grade.course.course_key"),
        letter_grade=letter_grade,
        percent_grade=_percent(grade.percent_grade),
        passed=letter_grade != "",
        graded_at=metadata.time,
    )


def _letter(value: str) -> str:
    return values.text(value, "grade.letter_grade", max_length=255, blank=True)


def _percent(value: float) -> Decimal:
    return values.fraction(value, "grade.percent_grade", places=4)
