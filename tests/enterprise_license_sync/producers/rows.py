"""Rows of the stand-ins, in few words, and destinations that write such rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from opaque_keys.edx.keys import CourseKey
from openedx_events.learning.data import (
    CourseData,
    CourseEnrollmentData,
    UserData,
    UserPersonalData,
)

from shared.outcomes import Outcome
from tests.enterprise_license_sync.producers.stand_ins.enterprise.models import (
    EnterpriseCourseEnrollment,
    EnterpriseCustomerUser,
    LicensedEnterpriseCourseEnrollment,
)
from tests.enterprise_license_sync.producers.stand_ins.student.models import CourseEnrollment
from tests.enterprise_license_sync.producers.stand_ins.subscriptions.models import (
    CustomerAgreement,
    License,
    SubscriptionPlan,
)

CUSTOMER, CATALOG = UUID(int=21), UUID(int=22)
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)
COURSE_KEY = CourseKey.from_string("course-v1:edX+Tests+2026")
EMAIL = "learner@example.com"
LEARNER = 7


def make_plan(**fields: Any) -> SubscriptionPlan:
    """Save a plan of the customer."""
    agreement, _ = CustomerAgreement.objects.get_or_create(enterprise_customer_uuid=CUSTOMER)
    defaults = {
        "title": "Tests",
        "start_date": START,
        "expiration_date": END,
        "enterprise_catalog_uuid": CATALOG,
        "customer_agreement": agreement,
        "is_active": True,
        "desired_num_licenses": 10,
    }
    return SubscriptionPlan.objects.create(**defaults | fields)


def make_license(**fields: Any) -> License:
    """Save a license, of a plan of its own unless one is given."""
    if "subscription_plan" not in fields:
        fields["subscription_plan"] = make_plan()
    return License.objects.create(**fields)


def enroll(**fields: Any) -> CourseEnrollment:
    """Save the LMS's own enrollment of a learner."""
    defaults = {"user_id": LEARNER, "course_id": COURSE_KEY, "mode": "verified"}
    return CourseEnrollment.objects.create(**defaults | fields)


def note_enrollment(user_id: int = LEARNER, **fields: Any) -> EnterpriseCourseEnrollment:
    """Save edx-enterprise's record of a learner's enrollment."""
    learner = EnterpriseCustomerUser.objects.create(user_id=user_id)
    defaults = {"enterprise_customer_user": learner, "course_id": str(COURSE_KEY)}
    return EnterpriseCourseEnrollment.objects.create(**defaults | fields)


def note_license(license_uuid: UUID, **fields: Any) -> LicensedEnterpriseCourseEnrollment:
    """Save edx-enterprise's record that a license pays for an enrollment."""
    if "enterprise_course_enrollment" not in fields:
        fields["enterprise_course_enrollment"] = note_enrollment()
    return LicensedEnterpriseCourseEnrollment.objects.create(license_uuid=license_uuid, **fields)


def enrollment_data(enrollment: CourseEnrollment) -> CourseEnrollmentData:
    """Return what the LMS's own events say of an enrollment."""
    return CourseEnrollmentData(
        user=UserData(
            pii=UserPersonalData(username="learner", email=EMAIL, name="A Learner"),
            id=enrollment.user_id,
            is_active=True,
        ),
        course=CourseData(course_key=enrollment.course_id),
        mode=enrollment.mode,
        is_active=enrollment.is_active,
        creation_date=START,
    )


def write_to_license_manager(records: Any) -> list[Outcome]:
    """Write licenses to License Manager's models, as a host's destination does."""
    for _ in records:
        make_license(status="assigned", user_email=EMAIL)
    return [Outcome.APPLIED for _ in records]


def write_to_lms(records: Any) -> list[Outcome]:
    """Write licensed enrollments to edx-enterprise's models, as a host's destination does."""
    for item in records:
        note_license(item.record.license_id)
    return [Outcome.APPLIED for _ in records]
