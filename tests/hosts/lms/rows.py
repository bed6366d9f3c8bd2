"""Enrollments of the LMS that licenses pay for."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth import get_user_model
from opaque_keys.edx.keys import CourseKey

from tests.hosts.license_manager.events import LEARNER, LICENSE, START

COURSE = "course-v1:edX+Tests+2026"


def enroll(
    license_uuid: UUID = LICENSE,
    user_id: int = LEARNER,
    course: str = COURSE,
    when: datetime = START,
    **fields: Any,
) -> Any:
    """Save an enrollment that a license pays for, last changed at a time; return its record."""
    get_user_model().objects.get_or_create(pk=user_id, defaults={"username": f"learner-{user_id}"})
    key = CourseKey.from_string(course)
    rows = apps.get_model("student", "CourseEnrollment").objects
    enrollment = rows.create(user_id=user_id, course_id=key, mode="verified")
    note_change(enrollment, when)
    noted = _enterprise("EnterpriseCourseEnrollment").objects.create(
        enterprise_customer_user=_customer_user(user_id), course_id=course
    )
    paid = _enterprise("LicensedEnterpriseCourseEnrollment").objects
    return paid.create(license_uuid=license_uuid, enterprise_course_enrollment=noted, **fields)


def note_change(enrollment: Any, when: datetime) -> None:
    """Let the LMS's history say that an enrollment was changed last at a time."""
    history = apps.get_model("student", "HistoricalCourseEnrollment").objects
    history.filter(id=enrollment.pk).update(history_date=when)


def enrollment_of(user_id: int = LEARNER, course: str = COURSE) -> Any:
    """Return the LMS's own enrollment."""
    rows = apps.get_model("student", "CourseEnrollment").objects
    return rows.get(user_id=user_id, course_id=CourseKey.from_string(course))


def paid_by(license_uuid: UUID = LICENSE) -> Any:
    """Return edx-enterprise's record that a license pays."""
    paid = _enterprise("LicensedEnterpriseCourseEnrollment").objects
    return paid.get(license_uuid=license_uuid)


def _customer_user(user_id: int) -> Any:
    """Return the customer's learner, made with all that edx-enterprise wants of one."""
    wanted: dict[str, Any] = {"user_id": user_id}
    learners = _enterprise("EnterpriseCustomerUser")
    if any(each.name == "enterprise_customer" for each in learners._meta.get_fields()):
        site, _ = apps.get_model("sites", "Site").objects.get_or_create(pk=1)
        wanted["enterprise_customer"], _ = _enterprise("EnterpriseCustomer").objects.get_or_create(
            slug="customer", defaults={"name": "A Customer", "site": site, "active": True}
        )
    return learners.objects.get_or_create(**wanted)[0]


def _enterprise(name: str) -> Any:
    return apps.get_model("enterprise", name)
