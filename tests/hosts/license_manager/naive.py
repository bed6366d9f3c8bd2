"""Destinations as one would write them at first: each falls into traps of License Manager's tables.

Each keeps the order of events, but for the one that doesn't.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from enterprise_license_sync.hosts.license_manager.host import FOLLOW_UP, RENEW, TRACK
from enterprise_license_sync.records import LicenseRecord, PlanStatus, SubscriptionPlanRecord
from shared.applied import apply_in_order
from shared.outcomes import MissingParent, Outcome, WriteResult
from shared.records import PositionedRecord
from tests.hosts.license_manager.rows import model

Plans = Sequence[PositionedRecord[SubscriptionPlanRecord]]
Licenses = Sequence[PositionedRecord[LicenseRecord]]


def _plans(records: Plans, write: Callable[[Any, dict[str, Any]], object]) -> list[WriteResult]:
    """Write plans whose agreement is there."""

    def apply(item: PositionedRecord[SubscriptionPlanRecord]) -> WriteResult:
        record = item.record
        customer = {"enterprise_customer_uuid": record.enterprise_customer_uuid}
        agreement = model("CustomerAgreement").objects.filter(**customer).first()
        if agreement is None:
            return MissingParent("customer-agreements", (record.enterprise_customer_uuid,))
        write(record, _plan_values(record) | {"customer_agreement": agreement})
        return Outcome.APPLIED

    return apply_in_order("subscription-plans", records, apply)


def _plan_values(record: SubscriptionPlanRecord) -> dict[str, Any]:
    return {
        "title": record.title,
        "start_date": record.start_date,
        "expiration_date": record.expiration_date,
        "enterprise_catalog_uuid": record.enterprise_catalog_uuid,
        "is_active": record.status == PlanStatus.ACTIVE,
        "desired_num_licenses": record.desired_num_licenses,
    }


def upsert_plans(records: Plans) -> list[WriteResult]:
    """Write past the model."""

    def write(record: SubscriptionPlanRecord, values: dict[str, Any]) -> None:
        plans = model("SubscriptionPlan").objects
        if not plans.filter(pk=record.plan_uuid).update(**values):
            plans.bulk_create([model("SubscriptionPlan")(uuid=record.plan_uuid, **values)])

    return _plans(records, write)


def save_plans(records: Plans) -> list[WriteResult]:
    """Save as any model is saved: unchecked, equal values and all."""

    def write(record: SubscriptionPlanRecord, values: dict[str, Any]) -> None:
        model("SubscriptionPlan").objects.update_or_create(pk=record.plan_uuid, defaults=values)

    return _plans(records, write)


def save_plans_with_their_end(records: Plans) -> list[WriteResult]:
    """Say of each plan that its end isn't processed."""

    def write(record: SubscriptionPlanRecord, values: dict[str, Any]) -> None:
        values |= {"expiration_processed": False}
        plan = model("SubscriptionPlan").objects.get(pk=record.plan_uuid)
        for name, value in values.items():
            setattr(plan, name, value)
        plan.save(update_fields=list(values))

    return _plans(records, write)


def process_the_end_of_plans(records: Plans) -> list[WriteResult]:
    """Take a plan that is over for one whose end is processed."""

    def write(record: SubscriptionPlanRecord, values: dict[str, Any]) -> None:
        values |= {"expiration_processed": record.expiration_date <= timezone.now()}
        model("SubscriptionPlan").objects.update_or_create(pk=record.plan_uuid, defaults=values)

    return _plans(records, write)


def make_agreements(records: Plans) -> list[WriteResult]:
    """Make up what isn't there."""
    for item in records:
        customer = {"enterprise_customer_uuid": item.record.enterprise_customer_uuid}
        model("CustomerAgreement").objects.get_or_create(**customer)
    return save_plans(records)


def renew_each_time(records: Plans) -> list[WriteResult]:
    """Renew a plan whenever an event says that it was renewed."""

    def write(record: SubscriptionPlanRecord, values: dict[str, Any]) -> None:
        plans = model("SubscriptionPlan").objects
        plan, _ = plans.update_or_create(pk=record.plan_uuid, defaults=values)
        if record.renewed_to_id:
            follower = plans.get(pk=record.renewed_to_id)
            renewal, _ = model("SubscriptionPlanRenewal").objects.get_or_create(
                prior_subscription_plan=plan,
                defaults={
                    "renewed_subscription_plan": follower,
                    "number_of_licenses": follower.desired_num_licenses,
                    "effective_date": follower.start_date,
                    "renewed_expiration_date": follower.expiration_date,
                },
            )
            import_string(RENEW)(renewal)

    return _plans(records, write)


def make_licenses_on_commit(records: Plans) -> list[WriteResult]:
    """Ask for a plan's licenses when nothing keeps the event any more."""

    def write(record: SubscriptionPlanRecord, values: dict[str, Any]) -> None:
        plans = model("SubscriptionPlan").objects
        plan, _ = plans.update_or_create(pk=record.plan_uuid, defaults=values)
        transaction.on_commit(plan.provision_licenses, robust=True)

    return _plans(records, write)


def _licenses(
    records: Licenses, write: Callable[[Any, dict[str, Any]], object]
) -> list[WriteResult]:
    """Write licenses whose plan is there."""

    def apply(item: PositionedRecord[LicenseRecord]) -> WriteResult:
        record = item.record
        if not model("SubscriptionPlan").objects.filter(pk=record.plan_id).exists():
            return MissingParent("subscription-plans", (record.plan_id,))
        write(record, _license_values(record))
        return Outcome.APPLIED

    return apply_in_order("licenses", records, apply)


def _license_values(record: LicenseRecord) -> dict[str, Any]:
    return {
        "subscription_plan_id": record.plan_id,
        "status": record.status.value,
        "lms_user_id": record.lms_user_id,
        "user_email": record.user_email or None,
        "assigned_date": record.assigned_date,
        "activation_date": record.activation_date,
        "revoked_date": record.revoked_date,
        "renewed_to_id": record.renewed_to_id,
    }


def upsert_licenses(records: Licenses) -> list[WriteResult]:
    """Write past the model."""

    def write(record: LicenseRecord, values: dict[str, Any]) -> None:
        licenses = model("License").objects
        if not licenses.filter(pk=record.license_uuid).update(**values):
            licenses.bulk_create([model("License")(uuid=record.license_uuid, **values)])

    return _licenses(records, write)


def save_licenses(records: Licenses) -> list[WriteResult]:
    """Save as any model is saved."""

    def write(record: LicenseRecord, values: dict[str, Any]) -> None:
        model("License").objects.update_or_create(pk=record.license_uuid, defaults=values)

    return _licenses(records, write)


def save_licenses_as_they_come(records: Licenses) -> list[WriteResult]:
    """Take the event that arrives last for the newest."""
    for item in records:
        values = _license_values(item.record)
        model("License").objects.update_or_create(pk=item.record.license_uuid, defaults=values)
    return [Outcome.APPLIED for _ in records]


def find_licenses_by_email(records: Licenses) -> list[WriteResult]:
    """Take a license for that of its learner."""

    def write(record: LicenseRecord, values: dict[str, Any]) -> None:
        whose = {"user_email": record.user_email, "subscription_plan_id": record.plan_id}
        row = model("License").objects.filter(**whose).first()
        row = row or model("License")(uuid=record.license_uuid)
        for name, value in values.items():
            setattr(row, name, value)
        row.save()

    return _licenses(records, write)


def tell_of_each_event(records: Licenses) -> list[WriteResult]:
    """Tell of what was done elsewhere, at once."""
    for item in records:
        import_string(TRACK[0])(item.record.lms_user_id, f"x.{item.record.status}", {})
    return save_licenses(records)


def revoke_with_follow_up_on_commit(records: Licenses) -> list[WriteResult]:
    """Revoke by its column, and run the tasks when nothing keeps the event any more."""

    def write(record: LicenseRecord, values: dict[str, Any]) -> None:
        license_ = model("License").objects.get(pk=record.license_uuid)
        before, license_.status = license_.status, record.status.value
        license_.save()
        tasks = import_string(FOLLOW_UP)
        run = partial(tasks, revoked_license=license_, original_status=before)
        transaction.on_commit(run, robust=True)

    return _licenses(records, write)


def revoke_with_follow_up_inside(records: Licenses) -> list[WriteResult]:
    """Revoke by its column, and let what is wrong with the tasks be wrong with the event."""

    def write(record: LicenseRecord, values: dict[str, Any]) -> None:
        license_ = model("License").objects.get(pk=record.license_uuid)
        before, license_.status = license_.status, record.status.value
        license_.save()
        import_string(FOLLOW_UP)(revoked_license=license_, original_status=before)

    return _licenses(records, write)
