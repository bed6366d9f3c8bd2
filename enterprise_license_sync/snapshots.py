"""From what License Manager and the LMS hold to the room's events: rows with the events' fields.

None has a time of its own: License Manager's bulk methods leave ``modified`` as it was, and an
enrollment is told by three rows.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from enterprise_license_sync.records import HELD
from shared.events.enterprise.data import (
    LicenseData,
    LicensedEnrollmentData,
    SubscriptionPlanData,
)
from shared.events.enterprise.signals import (
    LICENSE_CREATED,
    LICENSED_ENROLLMENT_CHANGED,
    SUBSCRIPTION_PLAN_CHANGED,
)
from shared.snapshots import Row, Snapshot

_NO_PLAN = UUID(int=0)
"""The LMS doesn't know an enrollment's plan: a key on the bus, and no part of the record."""


def subscription_plan(row: Row) -> Mapping[str, Any]:
    """Return the data of a plan."""
    return {
        "subscription_plan": SubscriptionPlanData(
            plan_uuid=row.uuid("plan_uuid"),
            title=row.text("title"),
            enterprise_customer_uuid=row.uuid("enterprise_customer_uuid"),
            start_date=row.moment("start_date"),
            expiration_date=row.moment("expiration_date"),
            is_active=row.flag("is_active"),
            desired_num_licenses=row.number("desired_num_licenses"),
            enterprise_catalog_uuid=row.optional("enterprise_catalog_uuid", row.uuid),
            renewed_to_uuid=row.optional("renewed_to_uuid", row.uuid),
        )
    }


def license_(row: Row) -> Mapping[str, Any]:
    """Return the data of a license; of an email only that of who has it, or is to have it."""
    status = row.text("status")
    email = row.optional("user_email", row.text)
    return {
        "license": LicenseData(
            license_uuid=row.uuid("license_uuid"),
            plan_uuid=row.uuid("plan_uuid"),
            status=status,
            lms_user_id=row.optional("lms_user_id", row.number),
            user_email=email if status in HELD else None,
            assigned_date=row.optional("assigned_date", row.moment),
            activation_date=row.optional("activation_date", row.moment),
            revoked_date=row.optional("revoked_date", row.moment),
            renewed_to_uuid=row.optional("renewed_to_uuid", row.uuid),
        )
    }


def licensed_enrollment(row: Row) -> Mapping[str, Any]:
    """Return the data of an enrollment that a license pays for."""
    return {
        "licensed_enrollment": LicensedEnrollmentData(
            license_uuid=row.uuid("license_uuid"),
            plan_uuid=_NO_PLAN,
            lms_user_id=row.number("lms_user_id"),
            course_key=row.course_key("course_key"),
            mode=row.text("mode"),
            is_active=row.flag("is_active"),
            is_revoked=row.flag("is_revoked"),
        )
    }


SUBSCRIPTION_PLANS = Snapshot(signal=SUBSCRIPTION_PLAN_CHANGED, to_data=subscription_plan)
LICENSES = Snapshot(signal=LICENSE_CREATED, to_data=license_)
LICENSED_ENROLLMENTS = Snapshot(signal=LICENSED_ENROLLMENT_CHANGED, to_data=licensed_enrollment)
