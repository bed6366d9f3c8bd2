"""Plans, licenses and enrollments keep the contract of every consumer."""

from __future__ import annotations

from uuid import UUID

from opaque_keys.edx.keys import CourseKey

from enterprise_license_sync.standalone.models import License, LicensedEnrollment, SubscriptionPlan
from shared.events.enterprise.signals import (
    LICENSE_ASSIGNED,
    LICENSED_ENROLLMENT_CHANGED,
    SUBSCRIPTION_PLAN_CHANGED,
)
from shared.testing import ConsumerContract, Sample
from shared.testing.factories import data_of

PLANS = Sample(
    signal=SUBSCRIPTION_PLAN_CHANGED,
    data=lambda number, state: data_of(
        SUBSCRIPTION_PLAN_CHANGED, plan_uuid=UUID(int=number), desired_num_licenses=state
    ),
    model=SubscriptionPlan,
    seen=frozenset({"previous_status"}),
)
LICENSES = Sample(
    signal=LICENSE_ASSIGNED,
    data=lambda number, state: data_of(
        LICENSE_ASSIGNED,
        license_uuid=UUID(int=number),
        plan_uuid=UUID(int=number),
        status="activated" if state % 2 else "assigned",
    ),
    model=License,
    parent=PLANS,
    seen=frozenset({"previous_status"}),
)
ENROLLMENTS = Sample(
    signal=LICENSED_ENROLLMENT_CHANGED,
    data=lambda number, state: data_of(
        LICENSED_ENROLLMENT_CHANGED,
        license_uuid=UUID(int=number),
        plan_uuid=UUID(int=number),
        lms_user_id=number,
        course_key=CourseKey.from_string("course-v1:edX+Tests+2026"),
        mode=f"mode-{state}",
    ),
    model=LicensedEnrollment,
    parent=LICENSES,
)


class TestPlans(ConsumerContract):
    """Rows that refer to no others."""

    sample = PLANS


class TestLicenses(ConsumerContract):
    """Rows that refer to plans."""

    sample = LICENSES


class TestEnrollments(ConsumerContract):
    """Rows that refer to licenses, which refer to plans."""

    sample = ENROLLMENTS
