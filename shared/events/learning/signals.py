"""The ``learning`` events that are defined here; naming rules: openedx-events' ADR 2."""

from openedx_events.tooling import OpenEdxPublicSignal

from shared.events.learning.data import CourseGradeData

# .. event_type: org.openedx.learning.course.grade.changed.v1
# .. event_name: COURSE_GRADE_CHANGED
# .. event_key_field: grade.user_id
# .. event_description: Emitted when the LMS has computed a learner's course grade and saved it,
#      whether or not it differs from the one before. Its time is the saved grade's modification
#      time.
# .. event_data: CourseGradeData
# .. event_trigger_repository: openedx-event-sync
COURSE_GRADE_CHANGED = OpenEdxPublicSignal(
    event_type="org.openedx.learning.course.grade.changed.v1",
    data={
        "grade": CourseGradeData,
    },
)
