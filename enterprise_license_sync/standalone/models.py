"""The tables of subscription plans, their licenses, and the enrollments these pay for.

Expiry is read off the plan's dates and stored nowhere, so no order of events can leave a license
current under a plan that has expired. No row is ever deleted: that is a status.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Self

from django.db import models

from enterprise_license_sync.records import (
    HELD,
    LICENSE_STEPS,
    PLAN_STEPS,
    LicenseStatus,
    PlanStatus,
)
from shared.ordering import SyncedModel


def _expected(steps: Mapping[str, Collection[str]]) -> models.Q:
    expected = models.Q(previous_status="")
    for status, before in steps.items():
        expected |= models.Q(status=status, previous_status__in=before)
    return expected


class SubscriptionPlanQuerySet(models.QuerySet["SubscriptionPlan"]):
    """What one asks of plans."""

    def flagged(self) -> Self:
        """Return the plans whose last step, as this table saw it, was not to be expected."""
        return self.exclude(_expected(PLAN_STEPS))

    def current(self, at: datetime) -> Self:
        """Return the plans that are active, have started and have not expired."""
        return self.filter(status=PlanStatus.ACTIVE, start_date__lte=at, expiration_date__gte=at)


class SubscriptionPlan(SyncedModel):
    """A customer's subscription plan. ``renewed_to`` may name a plan that hasn't come yet.

    .. no_pii:
    """

    plan_uuid = models.UUIDField(unique=True)
    title = models.CharField(max_length=255)
    enterprise_customer_uuid = models.UUIDField(db_index=True)
    enterprise_catalog_uuid = models.UUIDField(null=True, blank=True)
    start_date = models.DateTimeField()
    expiration_date = models.DateTimeField()
    desired_num_licenses = models.PositiveIntegerField()
    status = models.CharField(max_length=25, choices=PlanStatus.choices)
    previous_status = models.CharField(max_length=25, blank=True, editable=False)
    renewed_to = models.ForeignKey(
        "self",
        to_field="plan_uuid",
        null=True,
        blank=True,
        related_name="renewed_from",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
    )

    objects = SubscriptionPlanQuerySet.as_manager()

    def __str__(self) -> str:
        return f"plan {self.plan_uuid}"

    def is_current(self, at: datetime) -> bool:
        """Return whether the plan is active, has started and has not expired."""
        return self.status == PlanStatus.ACTIVE and self.start_date <= at <= self.expiration_date


class LicenseQuerySet(models.QuerySet["License"]):
    """What one asks of licenses."""

    def flagged(self) -> Self:
        """Return the licenses whose last step, as this table saw it, was not to be expected."""
        return self.exclude(_expected(LICENSE_STEPS))

    def current(self, at: datetime) -> Self:
        """Return the licenses that are assigned or activated, of a plan that is current."""
        return self.filter(status__in=HELD, plan__in=SubscriptionPlan.objects.current(at))


class License(SyncedModel):
    """A license of a plan. ``renewed_to`` may name a license that hasn't come yet.

    .. pii: LMS user id of a learner, and their email address while the license is assigned or
        activated. ``retire_learners`` clears both, and so does an event of License Manager's after
        it has retired the learner.
    .. pii_types: id, email_address
    .. pii_retirement: local_api
    """

    license_uuid = models.UUIDField(unique=True)
    plan = models.ForeignKey(
        SubscriptionPlan, to_field="plan_uuid", related_name="licenses", on_delete=models.PROTECT
    )
    status = models.CharField(max_length=25, choices=LicenseStatus.choices)
    previous_status = models.CharField(max_length=25, blank=True, editable=False)
    lms_user_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    user_email = models.EmailField(blank=True, db_index=True, help_text="In lower case.")
    assigned_date = models.DateTimeField(null=True, blank=True)
    activation_date = models.DateTimeField(null=True, blank=True)
    revoked_date = models.DateTimeField(null=True, blank=True)
    renewed_to = models.ForeignKey(
        "self",
        to_field="license_uuid",
        null=True,
        blank=True,
        related_name="renewed_from",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
    )

    objects = LicenseQuerySet.as_manager()

    def __str__(self) -> str:
        return f"license {self.license_uuid}"

    def is_current(self, at: datetime) -> bool:
        """Return whether the license is assigned or activated, and its plan is current."""
        return self.status in HELD and self.plan.is_current(at)


class LicensedEnrollmentQuerySet(models.QuerySet["LicensedEnrollment"]):
    """What one asks of licensed enrollments."""

    def current(self, at: datetime) -> Self:
        """Return the enrollments that a current license of the same learner pays for."""
        same = models.Q(license__lms_user_id=models.F("lms_user_id"))
        return self.filter(
            same | models.Q(license__lms_user_id=None),
            is_active=True,
            is_revoked=False,
            license__in=License.objects.current(at),
        )


class LicensedEnrollment(SyncedModel):
    """A learner's enrollment in a course run, under a license.

    .. pii: LMS user id of a learner, with a course run.
    .. pii_types: id
    .. pii_retirement: retained
    """

    license = models.ForeignKey(
        License, to_field="license_uuid", related_name="enrollments", on_delete=models.PROTECT
    )
    lms_user_id = models.BigIntegerField(db_index=True)
    course_key = models.CharField(max_length=255)
    mode = models.CharField(max_length=100)
    is_active = models.BooleanField()
    is_revoked = models.BooleanField()

    objects = LicensedEnrollmentQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.course_key} of LMS user {self.lms_user_id}"

    def is_current(self, at: datetime) -> bool:
        """Return whether the learner is enrolled and their license, if current, pays for it.

        A license that meanwhile is another learner's doesn't; one whose learner isn't known does.
        """
        is_paid = self.is_active and not self.is_revoked and self.license.is_current(at)
        return is_paid and self.license.lms_user_id in (None, self.lms_user_id)
