"""From an event to a record. Pure; a bad value raises ``UnmappableEvent`` with its field.

Every event tells the whole state. What has happened, by the event's name, counts only where a row
has been deleted, for then the data is what it was before.
"""

from datetime import datetime

from openedx_events.data import EventsMetadata

from enterprise_license_sync.records import (
    HELD,
    LicensedEnrollmentRecord,
    LicenseRecord,
    LicenseStatus,
    PlanStatus,
    SubscriptionPlanRecord,
)
from shared import values
from shared.consumer import EventData
from shared.events.enterprise.data import LicenseData, SubscriptionPlanData
from shared.events.enterprise.signals import LICENSE_DELETED, SUBSCRIPTION_PLAN_DELETED

KNOWN_STATUSES = tuple(status for status in LicenseStatus if status != LicenseStatus.DELETED)
"""What an event may call a license; that it was deleted is said by the event's name."""


def from_subscription_plan(data: EventData, metadata: EventsMetadata) -> SubscriptionPlanRecord:
    """Map any event of a subscription plan."""
    plan = data["subscription_plan"]
    start_date = values.moment(plan.start_date, "subscription_plan.start_date")
    expiration_date = values.moment(plan.expiration_date, "subscription_plan.expiration_date")
    values.not_before(
        expiration_date, start_date, "subscription_plan.expiration_date", "start_date"
    )
    return SubscriptionPlanRecord(
        plan_uuid=plan.plan_uuid,
        title=values.text(plan.title, "subscription_plan.title", max_length=255),
        enterprise_customer_uuid=plan.enterprise_customer_uuid,
        enterprise_catalog_uuid=plan.enterprise_catalog_uuid,
        start_date=start_date,
        expiration_date=expiration_date,
        desired_num_licenses=values.count(
            plan.desired_num_licenses, "subscription_plan.desired_num_licenses"
        ),
        status=_plan_status(plan, metadata),
        renewed_to_id=plan.renewed_to_uuid,
    )


def from_license(data: EventData, metadata: EventsMetadata) -> LicenseRecord:
    """Map any event of a license."""
    license_ = data["license"]
    status = _license_status(license_, metadata)
    return LicenseRecord(
        license_uuid=license_.license_uuid,
        plan_id=license_.plan_uuid,
        status=status,
        lms_user_id=_lms_user_id(license_),
        user_email=_email(license_, status),
        assigned_date=_date(license_, "assigned_date"),
        activation_date=_date(license_, "activation_date"),
        revoked_date=_date(license_, "revoked_date"),
        renewed_to_id=license_.renewed_to_uuid,
    )


def from_licensed_enrollment(data: EventData, metadata: EventsMetadata) -> LicensedEnrollmentRecord:
    """Map the LMS's event of an enrollment that a license pays for."""
    enrollment = data["licensed_enrollment"]
    return LicensedEnrollmentRecord(
        license_id=enrollment.license_uuid,
        lms_user_id=values.positive_id(enrollment.lms_user_id, "licensed_enrollment.lms_user_id"),
        course_key=values.course_run_key(enrollment.course_key, "licensed_enrollment.course_key"),
        mode=values.text(enrollment.mode, "licensed_enrollment.mode", max_length=100),
        is_active=enrollment.is_active,
        is_revoked=enrollment.is_revoked,
    )


def _plan_status(plan: SubscriptionPlanData, metadata: EventsMetadata) -> PlanStatus:
    if metadata.event_type == SUBSCRIPTION_PLAN_DELETED.event_type:
        return PlanStatus.DELETED
    return PlanStatus.ACTIVE if plan.is_active else PlanStatus.INACTIVE


def _license_status(license_: LicenseData, metadata: EventsMetadata) -> LicenseStatus:
    status = LicenseStatus(values.one_of(license_.status, "license.status", KNOWN_STATUSES))
    return LicenseStatus.DELETED if metadata.event_type == LICENSE_DELETED.event_type else status


def _lms_user_id(license_: LicenseData) -> int | None:
    value = license_.lms_user_id
    return None if value is None else values.positive_id(value, "license.lms_user_id")


def _email(license_: LicenseData, status: LicenseStatus) -> str:
    """Return the email of a learner who has or is to have the license; nobody else's is kept."""
    if status not in HELD or not license_.user_email:
        return ""
    return values.email(license_.user_email, "license.user_email")


def _date(license_: LicenseData, name: str) -> datetime | None:
    value = getattr(license_, name)
    return value and values.moment(value, f"license.{name}")
