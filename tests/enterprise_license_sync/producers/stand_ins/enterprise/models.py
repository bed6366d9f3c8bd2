"""Stands in for ``enterprise.models``."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.db import models
from django.utils.timezone import now

from tests.enterprise_license_sync.producers.stand_ins.timestamps import TimeStampedModel


class EnterpriseCustomerUser(TimeStampedModel):
    """A learner of a customer."""

    user_id = models.PositiveIntegerField()
    linked = models.BooleanField(default=True)

    @property
    def username(self) -> str:
        """The learner's name in the LMS."""
        return get_user_model().objects.get(pk=self.user_id).get_username()


class EnterpriseCourseEnrollmentManager(models.Manager["EnterpriseCourseEnrollment"]):
    """Hides the enrollments of learners who aren't linked to the customer any more."""

    def get_queryset(self) -> Any:
        """Return the others."""
        return super().get_queryset().filter(enterprise_customer_user__linked=True)


class EnterpriseCourseEnrollment(TimeStampedModel):
    """An enrollment of a customer's learner."""

    enterprise_customer_user = models.ForeignKey(
        EnterpriseCustomerUser, related_name="enterprise_enrollments", on_delete=models.CASCADE
    )
    course_id = models.CharField(max_length=255)
    saved_for_later = models.BooleanField(default=False)
    unenrolled = models.BooleanField(default=None, blank=True, null=True)
    unenrolled_at = models.DateTimeField(default=None, blank=True, null=True)

    objects = EnterpriseCourseEnrollmentManager()


class LicensedEnterpriseCourseEnrollment(TimeStampedModel):
    """What says that a license pays for an enrollment, or for an entitlement to one."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    license_uuid = models.UUIDField()
    enterprise_course_enrollment = models.OneToOneField(
        EnterpriseCourseEnrollment,
        null=True,
        related_name="licensedenterprisecourseenrollment_enrollment_fulfillment",
        on_delete=models.CASCADE,
    )
    is_revoked = models.BooleanField(default=False)

    def revoke(self) -> bool:
        """Say that the license pays no more, and that the learner isn't enrolled any more; once."""
        if self.is_revoked:
            return False
        self.is_revoked = True
        self.save()
        enrollment = self.enterprise_course_enrollment
        if enrollment and not enrollment.unenrolled:
            enrollment.saved_for_later = enrollment.unenrolled = True
            enrollment.unenrolled_at = now()
            enrollment.save()
        return True
