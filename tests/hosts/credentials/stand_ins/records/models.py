"""Stands in for ``credentials.apps.records.models``."""

from django.db import models

from tests.enterprise_license_sync.producers.stand_ins.timestamps import TimeStampedModel
from tests.hosts.credentials.stand_ins.catalog.models import CourseRun


class UserGrade(TimeStampedModel):
    """A learner's grade in a course run."""

    username = models.CharField(max_length=150)
    course_run = models.ForeignKey(CourseRun, on_delete=models.PROTECT)
    letter_grade = models.CharField(max_length=255, blank=True)
    percent_grade = models.DecimalField(max_digits=5, decimal_places=4)
    verified = models.BooleanField(default=True)
    lms_last_updated_at = models.DateTimeField(null=True)

    class Meta:
        unique_together = ("username", "course_run")
