"""The table of course runs."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models

from discovery_course_run_sync.records import Pacing
from shared.fields import ExactCharField
from shared.ordering import Position, SyncedModel


class CourseRunQuerySet(models.QuerySet["CourseRun"]):
    """What one asks of course runs."""

    def published(self) -> Self:
        """Return those that Studio has published; a run that was only created isn't among them."""
        return self.exclude(position=Position.lowest())


class CourseRun(SyncedModel):
    """A course run, as Studio last published it. Nothing deletes one.

    .. no_pii:
    """

    course_key = ExactCharField(max_length=255, unique=True)
    org = models.CharField(max_length=255)
    number = models.CharField(max_length=255)
    run = models.CharField(max_length=255)
    title = models.CharField(max_length=255, blank=True)
    start = models.DateTimeField(null=True, blank=True)
    end = models.DateTimeField(null=True, blank=True)
    enrollment_start = models.DateTimeField(null=True, blank=True)
    enrollment_end = models.DateTimeField(null=True, blank=True)
    pacing_type = models.CharField(max_length=255, blank=True, choices=Pacing.choices)
    hidden = models.BooleanField()
    invitation_only = models.BooleanField()

    objects = CourseRunQuerySet.as_manager()

    def __str__(self) -> str:
        return self.course_key

    @property
    def published_at(self) -> datetime | None:
        """When Studio last published the run, whether or not that changed it; None if never.

        It is the time of the newest catalogue event, and so needs no column of its own.
        """
        return None if self.position == Position.lowest() else self.position.time
