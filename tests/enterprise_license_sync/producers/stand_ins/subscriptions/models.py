"""Stands in for ``license_manager.apps.subscriptions.models``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils.timezone import now

from tests.enterprise_license_sync.producers.stand_ins.history import keeps_history, remember_all
from tests.enterprise_license_sync.producers.stand_ins.subscriptions.event_utils import (
    track_event,
    track_license_changes,
)
from tests.enterprise_license_sync.producers.stand_ins.timestamps import TimeStampedModel

HELD = ("assigned", "activated")
_LINE_ITEM = 18
_AT_ONCE = 300
_TRACKED = "edx.server.license-manager.license-lifecycle"


class Product(models.Model):
    """What a customer has bought."""

    name = models.CharField(max_length=128)


@keeps_history
class CustomerAgreement(TimeStampedModel):
    """A customer's agreement."""

    uuid = models.UUIDField(primary_key=True, default=uuid4)
    enterprise_customer_uuid = models.UUIDField(unique=True)
    enterprise_customer_slug = models.CharField(max_length=128, blank=True, null=True, unique=True)
    default_enterprise_catalog_uuid = models.UUIDField(blank=True, null=True)


@keeps_history
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
    is_revocation_cap_enabled = models.BooleanField(default=False)
    revoke_max_percentage = models.PositiveSmallIntegerField(blank=True, default=5)
    num_revocations_applied = models.PositiveIntegerField(blank=True, default=0)
    salesforce_opportunity_line_item = models.CharField(
        max_length=_LINE_ITEM, validators=[MinLengthValidator(_LINE_ITEM)], blank=True, null=True
    )
    product = models.ForeignKey(Product, blank=True, null=True, on_delete=models.DO_NOTHING)
    desired_num_licenses = models.PositiveIntegerField(blank=True, null=True)
    last_freeze_timestamp = models.DateTimeField(blank=True, null=True)

    class Meta:
        unique_together = (("title", "customer_agreement"),)

    @property
    def num_licenses(self) -> int:
        """How many licenses there are that aren't revoked."""
        return self.licenses.exclude(status="revoked").count()

    @property
    def has_revocations_remaining(self) -> bool:
        """Whether an activated license may still be revoked."""
        allowed = -(-self.num_licenses * self.revoke_max_percentage // 100)
        return not self.is_revocation_cap_enabled or self.num_revocations_applied < allowed

    def increase_num_licenses(self, number: int) -> None:
        """Make more licenses that nobody has."""
        License.bulk_create([License(subscription_plan=self) for _ in range(number)])

    def provision_licenses(self) -> None:
        """Make what is wanting to the number of licenses; many by ``provision_licenses_task``."""
        missing = (self.desired_num_licenses or 0) - self.num_licenses
        if missing > 0 and not self.last_freeze_timestamp:
            if missing <= _AT_ONCE:
                self.increase_num_licenses(missing)
            else:
                provision_licenses_task.delay(subscription_plan_uuid=self.pk)


@keeps_history
class SubscriptionPlanRenewal(TimeStampedModel):
    """What is to follow a plan."""

    prior_subscription_plan = models.OneToOneField(
        SubscriptionPlan, related_name="renewal", on_delete=models.CASCADE
    )
    renewed_subscription_plan = models.OneToOneField(
        SubscriptionPlan,
        null=True,
        blank=True,
        related_name="origin_renewal",
        on_delete=models.CASCADE,
    )
    number_of_licenses = models.PositiveIntegerField(default=0)
    effective_date = models.DateTimeField(default=now)
    renewed_expiration_date = models.DateTimeField(default=now)
    processed = models.BooleanField(default=False)
    processed_datetime = models.DateTimeField(blank=True, null=True)


@keeps_history
class License(TimeStampedModel):
    """A license of a plan."""

    uuid = models.UUIDField(primary_key=True, default=uuid4)
    status = models.CharField(max_length=25, default="unassigned")
    assigned_date = models.DateTimeField(blank=True, null=True)
    activation_date = models.DateTimeField(blank=True, null=True)
    activation_key = models.UUIDField(default=None, blank=True, null=True)
    last_remind_date = models.DateTimeField(blank=True, null=True)
    revoked_date = models.DateTimeField(blank=True, null=True)
    user_email = models.EmailField(blank=True, null=True)
    lms_user_id = models.IntegerField(blank=True, null=True)
    subscription_plan = models.ForeignKey(
        SubscriptionPlan, related_name="licenses", on_delete=models.CASCADE
    )
    renewed_to = models.OneToOneField(
        "License", related_name="_renewed_from", blank=True, null=True, on_delete=models.SET_NULL
    )

    def clean(self) -> None:
        """Refuse a second license of the plan to who has one, by the same spelling."""
        held = License.objects.filter(
            user_email=self.user_email, status__in=HELD, subscription_plan=self.subscription_plan
        )
        if self.status in HELD and held.exclude(pk=self.pk).exists():
            raise ValidationError(f"{self.user_email} has an assigned or activated license.")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save what is clean."""
        self.full_clean()
        super().save(*args, **kwargs)

    def clear_pii(self) -> None:
        """Forget whose it was, without saving."""
        self.user_email = None

    def clear_historical_pii(self) -> None:
        """Forget whose it has been."""
        self.history.update(user_email=None)  # type: ignore[attr-defined]

    def reset_to_unassigned(self) -> None:
        """Make it nobody's, without saving."""
        self.status = "unassigned"
        for name in (
            "user_email",
            "lms_user_id",
            "last_remind_date",
            "activation_date",
            "activation_key",
            "assigned_date",
            "revoked_date",
        ):
            setattr(self, name, None)

    def revoke(self) -> None:
        """Take it from its learner, and tell so."""
        self.status, self.revoked_date = "revoked", now()
        self.save()
        track_event(self.lms_user_id, f"{_TRACKED}.revoked", {})

    @classmethod
    def bulk_create(cls, license_objects: Sequence[Any], batch_size: int = 100) -> None:
        """Make licenses without a signal."""
        cls.objects.bulk_create(license_objects, batch_size=batch_size)
        remember_all(cls, license_objects)
        track_license_changes(license_objects, f"{_TRACKED}.created")

    @classmethod
    def bulk_update(
        cls, license_objects: Sequence[Any], field_names: Sequence[str], batch_size: int = 100
    ) -> None:
        """Change licenses without a signal, and without a new time."""
        cls.objects.bulk_update(license_objects, field_names, batch_size=batch_size)
        remember_all(cls, license_objects)


class _Task:
    """Makes all the licenses that a plan lacks, frozen or not, when Celery gets round to it."""

    def __call__(self, subscription_plan_uuid: Any) -> None:
        plan = SubscriptionPlan.objects.get(pk=subscription_plan_uuid)
        plan.increase_num_licenses(max((plan.desired_num_licenses or 0) - plan.num_licenses, 0))

    def delay(self, **arguments: Any) -> None:
        """Run at once, as Celery in tests."""
        self(**arguments)

    def apply_async(self, *, kwargs: dict[str, Any], countdown: int) -> None:
        """Run at once, as Celery in tests."""
        self(**kwargs)


provision_licenses_task = _Task()
"""Of ``license_manager.apps.subscriptions.tasks``."""


@receiver(post_save, sender=License)
def _tell_of_a_new_license(*, instance: Any, created: bool, **_signal: object) -> None:
    if created:
        track_event(instance.lms_user_id, f"{_TRACKED}.created", {})
        if instance.status in HELD:
            track_event(instance.lms_user_id, f"{_TRACKED}.{instance.status}", {})


@receiver(post_save, sender=SubscriptionPlan)
def _tell_of_an_expired_plan(
    *, instance: Any, update_fields: frozenset[str] | None, **_signal: object
) -> None:
    if update_fields and "expiration_processed" in update_fields:
        licenses = instance.licenses.filter(renewed_to=None)
        track_license_changes(licenses, f"{_TRACKED}.expired")
