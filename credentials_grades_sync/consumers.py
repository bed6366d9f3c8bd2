"""What the room consumes and what it becomes: read this first."""

from openedx_events.learning.signals import PERSISTENT_GRADE_SUMMARY_CHANGED

from credentials_grades_sync import filters, mappers, snapshots
from shared.consumer import Consumer, Route
from shared.events.learning.signals import COURSE_GRADE_CHANGED

USER_GRADES = Consumer(
    name="user-grades",
    topic="learning-course-grade-lifecycle",
    routes=(
        Route(
            signal=COURSE_GRADE_CHANGED,
            key_field="grade.user_id",
            accept=filters.is_recordable,
            to_record=mappers.from_grade_changed,
        ),
        Route(
            signal=PERSISTENT_GRADE_SUMMARY_CHANGED,
            key_field="grade.user_id",
            accept=filters.is_recordable_summary,
            to_record=mappers.from_grade_summary,
        ),
    ),
    snapshot=snapshots.USER_GRADES,
)
