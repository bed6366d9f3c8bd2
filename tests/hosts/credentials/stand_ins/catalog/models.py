"""Stands in for ``credentials.apps.catalog.models``."""

from uuid import uuid4

from django.contrib.sites.models import Site
from django.db import models

from tests.enterprise_license_sync.producers.stand_ins.timestamps import TimeStampedModel


class Course(TimeStampedModel):
    """A course in a site's catalogue."""

    site = models.ForeignKey(Site, db_constraint=False, on_delete=models.CASCADE)
    uuid = models.UUIDField(default=uuid4)
    key = models.CharField(max_length=255)

    class Meta:
        unique_together = (("site", "uuid"),)


class CourseRun(TimeStampedModel):
    """A course's run, whose key nothing keeps unique."""

    course = models.ForeignKey(Course, related_name="course_runs", on_delete=models.CASCADE)
    uuid = models.UUIDField(default=uuid4)
    key = models.CharField(max_length=255)

    class Meta:
        unique_together = (("course", "uuid"),)


class Program(TimeStampedModel):
    """A program of a site. In Credentials its runs are sorted."""

    site = models.ForeignKey(Site, db_constraint=False, on_delete=models.CASCADE)
    uuid = models.UUIDField(default=uuid4)
    title = models.CharField(max_length=255)
    course_runs = models.ManyToManyField(CourseRun, related_name="programs")
    status = models.CharField(max_length=24, default="active")

    class Meta:
        unique_together = (("site", "uuid"),)
