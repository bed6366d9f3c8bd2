"""What the destinations rely on in the LMS and in edx-enterprise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from shared.hosts import Host
from shared.records import Record, layout_of

Row: TypeAlias = Any
"""A row of a model of the LMS or of edx-enterprise, which can't be imported here."""

PAID = "enterprise.LicensedEnterpriseCourseEnrollment"
ENROLLMENT = "student.CourseEnrollment"
HISTORY = "student.HistoricalCourseEnrollment"

_VIEWS = "enterprise.api.v1.views.enterprise_subsidy_fulfillment"
VIEW = f"{_VIEWS}.LicensedEnterpriseCourseEnrollmentViewSet"
FAILURE = f"{_VIEWS}.EnrollmentModificationException"
OVERVIEWS = f"{_VIEWS}.get_course_overviews"
"""None outside an LMS, so that the check says that it isn't there."""

LMS = Host(
    name="the LMS with edx-enterprise",
    models={
        PAID: ("license_uuid", "is_revoked", "enterprise_course_enrollment"),
        "enterprise.EnterpriseCourseEnrollment": ("enterprise_customer_user", "course_id"),
        "enterprise.EnterpriseCustomerUser": ("user_id",),
        ENROLLMENT: ("user",),
        HISTORY: ("id", "history_date"),
    },
    functions=(
        VIEW,
        f"{VIEW}._terminate_enrollment",
        f"{VIEW}.EnrollmentTerminationStatus",
        FAILURE,
        OVERVIEWS,
        "enterprise.models.LicensedEnterpriseCourseEnrollment.revoke",
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class LmsOptions:
    """There is nothing to choose."""


def said(row: Row | None, record: Record) -> Mapping[str, Any] | None:
    """Return what a row of the room's own tables says, by the record's names."""
    return row and {name: getattr(row, name) for name in layout_of(record).plain}
