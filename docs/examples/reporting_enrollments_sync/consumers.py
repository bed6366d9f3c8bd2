"""Which events say who is enrolled, and what becomes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from openedx_events.data import EventsMetadata
from openedx_events.learning.signals import (
    COURSE_ENROLLMENT_CHANGED,
    COURSE_ENROLLMENT_CREATED,
    COURSE_UNENROLLMENT_COMPLETED,
)

from reporting_enrollments_sync.models import Enrollment
from shared import values
from shared.consumer import Consumer, EventData, Route
from shared.learners import Identity, Learner, LearnerField
from shared.outcomes import Outcome
from shared.records import Key, PositionedRecord, observed
from shared.tables import in_table
from shared.upsert import upsert

SIGNALS = (COURSE_ENROLLMENT_CREATED, COURSE_ENROLLMENT_CHANGED, COURSE_UNENROLLMENT_COMPLETED)
COURSE_KEY = "enrollment.course.course_key"


@dataclass(frozen=True, kw_only=True, slots=True)
class EnrollmentRecord:
    """What a row says."""

    lms_user_id: int
    course_key: str
    mode: str
    is_active: bool
    changed_at: datetime = observed()

    @property
    def key(self) -> Key:
        """The learner and the course run."""
        return (self.lms_user_id, self.course_key)


def is_wanted(data: EventData, metadata: EventsMetadata) -> bool:
    """Want every enrollment: what a report isn't about it leaves out by itself."""
    return True


def to_record(data: EventData, metadata: EventsMetadata) -> EnrollmentRecord:
    """Map any of the three events: each tells the whole enrollment as it is by then."""
    enrollment = data["enrollment"]
    return EnrollmentRecord(
        lms_user_id=values.positive_id(enrollment.user.id, "enrollment.user.id"),
        course_key=values.course_run_key(enrollment.course.course_key, COURSE_KEY),
        mode=values.text(enrollment.mode, "enrollment.mode", max_length=100),
        is_active=enrollment.is_active,
        changed_at=metadata.time,
    )


@in_table(Enrollment)
def write_enrollments(records: Sequence[PositionedRecord[EnrollmentRecord]]) -> list[Outcome]:
    """Write enrollments; a newer event wins, and the same again changes nothing."""
    return upsert(Enrollment, records, now=timezone.now())


ENROLLMENTS = Consumer(
    name="reporting-enrollments",
    topic="learning-course-enrollment-lifecycle",
    routes=tuple(
        Route(signal=signal, key_field=COURSE_KEY, accept=is_wanted, to_record=to_record)
        for signal in SIGNALS
    ),
    learner=Learner(
        (
            LearnerField(Identity.LMS_USER_ID, "enrollment.user.id", "lms_user_id"),
            LearnerField(Identity.USERNAME, "enrollment.user.pii.username"),
            LearnerField(Identity.EMAIL, "enrollment.user.pii.email"),
            LearnerField(Identity.LMS_USER_ID, "enrollment.created_by.id"),
            LearnerField(Identity.USERNAME, "enrollment.created_by.pii.username"),
            LearnerField(Identity.EMAIL, "enrollment.created_by.pii.email"),
        ),
        # A record names nobody: that a retired learner is enrolled no more still counts.
        without=lambda record: record,
    ),
)
