"""Stands in for ``common.djangoapps.student.models``."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.timezone import now
from opaque_keys.edx.django.models import CourseKeyField


class CourseEnrollment(models.Model):
    """The LMS's own enrollment, which doesn't know when it was modified; its history does."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, db_constraint=False, on_delete=models.DO_NOTHING
    )
    # In the LMS the key of a foreign key, by the same name and type.
    course_id = CourseKeyField(max_length=255)
    created = models.DateTimeField(auto_now_add=True, null=True)
    is_active = models.BooleanField(default=True)
    mode = models.CharField(max_length=100)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and keep a record of it, as django-simple-history does."""
        super().save(*args, **kwargs)
        HistoricalCourseEnrollment.objects.create(id=self.pk)


class HistoricalCourseEnrollment(models.Model):
    """Stands in for the model that django-simple-history makes; ``id`` is the enrollment's."""

    id = models.IntegerField(db_index=True)
    history_id = models.UUIDField(primary_key=True, default=uuid4)
    history_date = models.DateTimeField(default=now)

    class Meta:
        ordering = ("-history_date", "-history_id")
