"""The table of enrollments."""

from django.db import models

from shared.fields import ExactCharField
from shared.ordering import SyncedModel


class Enrollment(SyncedModel):
    """A learner's enrollment in a course run, as the LMS last said.

    .. pii: LMS user id of a learner, with the course run.
    .. pii_types: id
    .. pii_retirement: retained
    """

    lms_user_id = models.BigIntegerField()
    course_key = ExactCharField(max_length=255)
    mode = models.CharField(max_length=100)
    is_active = models.BooleanField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.course_key} of LMS user {self.lms_user_id}"
