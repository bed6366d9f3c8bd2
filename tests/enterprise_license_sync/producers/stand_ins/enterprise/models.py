"""Stands in for ``enterprise.models``."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.db import models

from tests.enterprise_license_sync.producers.stand_ins.timestamps import TimeStampedModel


class EnterpriseCustomerUser(TimeStampedModel):
    """A learner of a customer."""

    user_id = models.PositiveIntegerField()
    linked = models.BooleanField(default=True)


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
