"""Plans, licenses and licensed enrollments, as License Manager and the LMS send them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from factory.base import Factory
from factory.declarations import LazyAttribute, Sequence
from opaque_keys.edx.keys import CourseKey

from shared.events.enterprise.data import (
    LicenseData,
    LicensedEnrollmentData,
    SubscriptionPlanData,
)

PLAN, CUSTOMER, CATALOG = UUID(int=1), UUID(int=2), UUID(int=3)


class SubscriptionPlanFactory(Factory[Any]):
    """An active plan of 2026; each is a plan of its own."""

    class Meta:
        model = SubscriptionPlanData

    plan_uuid = Sequence(lambda number: UUID(int=0x10000 + number))
    title = "Tests"
    enterprise_customer_uuid = CUSTOMER
    start_date = datetime(2026, 1, 1, tzinfo=UTC)
    expiration_date = datetime(2026, 12, 31, tzinfo=UTC)
    is_active = True
    desired_num_licenses = 10
    enterprise_catalog_uuid = CATALOG


class LicenseFactory(Factory[Any]):
    """A license that is assigned to a learner; each is a license of its own, of one plan."""

    class Meta:
        model = LicenseData

    license_uuid = Sequence(lambda number: UUID(int=0x20000 + number))
    plan_uuid = PLAN
    status = "assigned"
    lms_user_id = None
    user_email = LazyAttribute(lambda license_: f"learner-{license_.license_uuid.int}@example.com")
    assigned_date = datetime(2026, 1, 2, tzinfo=UTC)


class LicensedEnrollmentFactory(Factory[Any]):
    """An active enrollment; each has a license and a learner of its own, of one plan."""

    class Meta:
        model = LicensedEnrollmentData

    license_uuid = Sequence(lambda number: UUID(int=0x30000 + number))
    plan_uuid = PLAN
    lms_user_id = Sequence(lambda number: number + 1)
    course_key = CourseKey.from_string("course-v1:edX+Tests+2026")
    mode = "verified"
    is_active = True
    is_revoked = False
