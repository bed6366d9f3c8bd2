"""Stands in for ``license_manager.apps.subscriptions.models``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.db import models

from tests.enterprise_license_sync.producers.stand_ins.timestamps import TimeStampedModel


class CustomerAgreement(TimeStampedModel):
    """A customer's agreement."""

    uuid = models.UUIDField(primary_key=True, default=uuid4)
    enterprise_customer_uuid = models.UUIDField(unique=True)


class SubscriptionPlan(TimeStampedModel):
    """A subscription plan."""

    uuid = models.UUIDField(primary_key=True, default=uuid4)
    title = models.CharField(max_length=128)
    start_date = models.DateTimeField()
    expiration_date = models.DateTimeField()
    expiration_processed = models.BooleanField(default=False)
    enterprise_catalog_uuid = models.UUIDField(blank=True)
    customer_agreement = models.ForeignKey(
        CustomerAgreement, related_name="subscriptions", on_delete=models.CASCADE
    )
    is_active = models.BooleanField(default=False)
    desired_num_licenses = models.PositiveIntegerField(blank=True, null=True)

    @property
    def num_licenses(self) -> int:
        """How many licenses there are that aren't revoked."""
        return self.licenses.exclude(status="revoked").count()


class SubscriptionPlanRenewal(TimeStampedModel):
    """What is to follow a plan."""

    prior_subscription_plan = models.OneToOneField(
        SubscriptionPlan, related_name="renewal", on_delete=models.CASCADE
    )
    renewed_subscription_plan = models.OneToOneField(
        SubscriptionPlan, null=True, related_name="origin_renewal", on_delete=models.CASCADE
    )
    processed = models.BooleanField(default=False)


class License(TimeStampedModel):
    """A license of a plan."""

    uuid = models.UUIDField(primary_key=True, default=uuid4)
    status = models.CharField(max_length=25, default="unassigned")
    assigned_date = models.DateTimeField(blank=True, null=True)
    activation_date = models.DateTimeField(blank=True, null=True)
    revoked_date = models.DateTimeField(blank=True, null=True)
    user_email = models.EmailField(blank=True, null=True)
    lms_user_id = models.IntegerField(blank=True, null=True)
    subscription_plan = models.ForeignKey(
        SubscriptionPlan, related_name="licenses", on_delete=models.CASCADE
    )
    renewed_to = models.OneToOneField(
        "License", related_name="_renewed_from", null=True, on_delete=models.SET_NULL
    )

    @classmethod
    def bulk_create(cls, license_objects: Sequence[Any], batch_size: int = 100) -> None:
        """Make licenses without a signal."""
        cls.objects.bulk_create(license_objects, batch_size=batch_size)

    @classmethod
    def bulk_update(
        cls, license_objects: Sequence[Any], field_names: Sequence[str], batch_size: int = 100
    ) -> None:
        """Change licenses without a signal, and without a new time."""
        cls.objects.bulk_update(license_objects, field_names, batch_size=batch_size)
