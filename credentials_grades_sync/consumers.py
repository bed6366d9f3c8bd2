"""What the room consumes and what it becomes: read this first."""

from openedx_events.learning.signals import PERSISTENT_GRADE_SUMMARY_CHANGED

from credentials_grades_sync import filters, mappers, snapshots
from shared.consumer import Consumer, Route
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.learners import Identity, Learner, LearnerField

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
    # A grade is about its learner: an event of one who is retired isn't wanted.
    learner=Learner(
        (
            LearnerField(Identity.LMS_USER_ID, "grade.user_id", "lms_user_id"),
            LearnerField(Identity.USERNAME, "grade.username", "username", blank=""),
        )
    ),
)
