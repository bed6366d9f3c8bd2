"""The table of user grades."""

from django.db import models

from shared.fields import ExactCharField
from shared.ordering import PositionField, SyncedModel


class UserGrade(SyncedModel):
    """A learner's grade in a course run, as the LMS last said.

    .. pii: Username and LMS user id of a learner, with their grade.
    .. pii_types: id, username
    .. pii_retirement: local_api

    ``graded_at`` is the time of the event that last changed the grade, as this table saw it: an
    event that repeats the grade leaves it alone.
    """

    lms_user_id = models.BigIntegerField()
    course_key = ExactCharField(max_length=255)
    username = models.CharField(
        max_length=150, blank=True, help_text="Empty until an event came that knows it."
    )
    letter_grade = models.CharField(max_length=255, blank=True, help_text="Empty while failing.")
    percent_grade = models.DecimalField(max_digits=5, decimal_places=4, help_text="0 to 1.")
    passed = models.BooleanField()
    verified = models.BooleanField(default=True)
    graded_at = models.DateTimeField()
    filled_position = PositionField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lms_user_id", "course_key"], name="credentials_grades_sync_one_grade"
            )
        ]

    def __str__(self) -> str:
        return f"{self.course_key} of LMS user {self.lms_user_id}"
