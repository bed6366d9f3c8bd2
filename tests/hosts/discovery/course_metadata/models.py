"""Stands in for ``course_discovery.apps.course_metadata.models``."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.core.mail import send_mail
from django.db import models
from django.utils import timezone
from django.utils.text import slugify
from opaque_keys.edx.keys import CourseKey

from tests.hosts.core.models import Partner
from tests.hosts.discovery.course_metadata.drafts import Drafted


class Organization(models.Model):
    """One whose courses there are."""

    partner = models.ForeignKey(Partner, models.CASCADE, null=True)
    key = models.CharField(max_length=255)
    name = models.CharField(max_length=255)

    class Meta:
        unique_together = [("partner", "key")]


class Source(models.Model):
    """Where a course comes from."""

    name = models.CharField(max_length=255)
    slug = models.SlugField()


class SeatType(models.Model):
    """A way to enroll."""

    name = models.CharField(max_length=64)
    slug = models.SlugField(max_length=64, unique=True)


class CourseRunType(models.Model):
    """The ways to enroll in a run; "empty" where they aren't known."""

    name = models.CharField(max_length=64)
    slug = models.CharField(max_length=64, unique=True)
    is_marketable = models.BooleanField(default=True)


class CourseType(models.Model):
    """The ways to enroll in a course's runs."""

    name = models.CharField(max_length=64)
    slug = models.CharField(max_length=64, unique=True)


class Course(Drafted):
    """A course; its runs are saved when it is."""

    partner = models.ForeignKey(Partner, models.CASCADE)
    uuid = models.UUIDField(default=uuid4)
    canonical_course_run = models.OneToOneField(
        "CourseRun", models.CASCADE, related_name="canonical_for_course", null=True, blank=True
    )
    key = models.CharField(max_length=255, db_index=True)
    key_for_reruns = models.CharField(max_length=255, blank=True)
    title = models.CharField(max_length=255, default=None, null=True, blank=True)
    authoring_organizations = models.ManyToManyField(Organization, related_name="authored_courses")
    product_source = models.ForeignKey(Source, models.SET_NULL, null=True, blank=True)
    type = models.ForeignKey(CourseType, models.CASCADE, null=True)
    data_modified_timestamp = models.DateTimeField(default=None, null=True, blank=True)

    class Meta:
        unique_together = [("partner", "uuid", "draft"), ("partner", "key", "draft")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the course, then each of its runs as any run is saved."""
        super().save(*args, **kwargs)
        for run in self.course_runs.all():
            run.save()


class CourseRun(Drafted):
    """A run of a course."""

    uuid = models.UUIDField(default=uuid4)
    course = models.ForeignKey(Course, models.CASCADE, related_name="course_runs")
    key = models.CharField(max_length=255)
    status = models.CharField(max_length=255, default="unpublished", db_index=True)
    title_override = models.CharField(max_length=255, default=None, null=True, blank=True)
    start = models.DateTimeField(null=True, blank=True)
    end = models.DateTimeField(null=True, blank=True)
    enrollment_start = models.DateTimeField(null=True, blank=True)
    enrollment_end = models.DateTimeField(null=True, blank=True)
    pacing_type = models.CharField(max_length=255, null=True, blank=True)
    slug = models.CharField(max_length=255, db_index=True)
    hidden = models.BooleanField(default=False)
    license = models.CharField(max_length=255, blank=True)
    type = models.ForeignKey(CourseRunType, models.CASCADE, null=True)

    class Meta:
        unique_together = [("key", "draft"), ("uuid", "draft")]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._old_status = self.status

    @property
    def could_be_marketable(self) -> bool:
        """Whether a marketing site might ever show the run."""
        is_current = not CourseKey.from_string(self.key).deprecated
        return self._index() and is_current and not self.draft

    def get_seat_default_upgrade_deadline(self, seat_type: SeatType) -> datetime | None:
        """Return until when a verified seat may be bought: ten days before the end."""
        if seat_type.slug != "verified":
            return None
        end: Any = self.end  # likewise
        deadline: datetime = end - timedelta(days=10)
        return deadline.replace(hour=23, minute=59, second=59)

    def save(
        self,
        *args: Any,
        suppress_publication: bool = False,
        send_emails: bool = True,
        **kwargs: Any,
    ) -> None:
        """Save the run, with what hangs on it, and tell who is to know."""
        is_pushed = (
            not suppress_publication
            and self.course.partner.has_marketing_site
            and self.could_be_marketable
        )
        end_moved = self.did_change("end")
        if self._state.adding:
            self.slug = self._unique_slug()
        elif self.draft and self.has_changed:
            rows = Course.everything.filter(key=self.course.key)
            rows.update(data_modified_timestamp=timezone.now())
        super().save(*args, **kwargs)
        self._index()
        if end_moved:
            for seat in self.seats.filter(type__slug="verified"):
                seat.upgrade_deadline_override = None
                seat.save(update_fields=["upgrade_deadline_override"])
        self.handle_status_change(send_emails)
        if is_pushed:
            self.push_to_marketing_site(None)

    def _index(self) -> bool:
        run_type: Any = self.type  # it may be None, and isn't asked whether it is
        return bool(run_type.is_marketable)

    def _unique_slug(self) -> str:
        wanted = slugify(f"{self.title_override or self.course.title or ''}-{self.key}")
        same = CourseRun.everything.filter(slug__startswith=wanted).count()
        return f"{wanted}-{same + 1}" if same else wanted

    def handle_status_change(self, send_emails: bool) -> None:
        """Mail those who wait for a draft's status."""
        if self._old_status == self.status:
            return
        self._old_status = self.status
        if self.draft and send_emails:
            send_mail(self.key, self.status, "discovery@example.com", ["team@example.com"])

    def push_to_marketing_site(self, previous_obj: CourseRun | None) -> None:
        """Publish the run; here there is no such site."""


class Seat(Drafted):
    """What one enrolls in a run by."""

    course_run = models.ForeignKey(CourseRun, models.CASCADE, related_name="seats")
    type = models.ForeignKey(SeatType, models.CASCADE, to_field="slug", db_column="type")
    _upgrade_deadline = models.DateTimeField(null=True, blank=True, db_column="upgrade_deadline")
    upgrade_deadline_override = models.DateTimeField(null=True, blank=True)

    @property
    def upgrade_deadline(self) -> datetime | None:
        """Until when it may be bought."""
        return self.upgrade_deadline_override or self._upgrade_deadline

    @upgrade_deadline.setter
    def upgrade_deadline(self, value: datetime | None) -> None:
        self._upgrade_deadline = value


class CourseHistory(models.Model):
    """A change of a course."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="history")


class CourseRunHistory(models.Model):
    """A change of a run."""

    course_run = models.ForeignKey(CourseRun, models.CASCADE, related_name="history")
