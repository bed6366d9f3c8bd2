"""Ways to end enrollments as one would write them at first: each falls into a trap of the LMS."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.utils import timezone

from enterprise_license_sync.hosts.lms.ending import learner_and_course, paid_enrollments
from enterprise_license_sync.hosts.lms.host import LMS, OVERVIEWS, VIEW
from enterprise_license_sync.hosts.lms.plans import Family
from enterprise_license_sync.standalone.models import SubscriptionPlan
from shared.exceptions import PoisonError

Refused = dict[UUID, PoisonError]


def update_by_query(licenses: Sequence[UUID], end: datetime) -> Refused:
    """Note that the licenses pay no more, past the model."""
    paid_enrollments(licenses).update(is_revoked=True)
    return {}


def revoke_only(licenses: Sequence[UUID], end: datetime) -> Refused:
    """Note it by the model's own method; the LMS isn't told."""
    for row in paid_enrollments(licenses):
        row.revoke()
    return {}


def unenroll(licenses: Sequence[UUID], end: datetime) -> Refused:
    """Unenroll each learner, past what edx-enterprise makes of an enrollment."""
    for row in _left(licenses, end):
        user_id, course = learner_and_course(row)
        enrollments = apps.get_model("student", "CourseEnrollment")._default_manager
        enrollment: Any = enrollments.get(user_id=user_id, course_id=course)
        enrollment.is_active = False
        enrollment.save()
        row.revoke()
    return {}


def end_what_has_changed(licenses: Sequence[UUID], end: datetime) -> Refused:
    """End what the licenses paid for, whatever the LMS has done to it since."""
    return _terminate(_left(licenses))


def end_what_was_ended(licenses: Sequence[UUID], end: datetime) -> Refused:
    """End it, whether that was done before or not."""
    return _terminate(paid_enrollments(licenses))


def end_all_of_the_learner(licenses: Sequence[UUID], end: datetime) -> Refused:
    """End all licensed enrollments of the learner, as License Manager's call after a revocation."""
    learner = "enterprise_course_enrollment__enterprise_customer_user__in"
    learners = [
        row.enterprise_course_enrollment.enterprise_customer_user for row in _left(licenses, end)
    ]
    paid: Any = LMS.model("enterprise.LicensedEnterpriseCourseEnrollment")._default_manager
    return _terminate(paid.filter(**{learner: learners}))


def end_what_managers_show(licenses: Sequence[UUID], end: datetime) -> Refused:
    """End what edx-enterprise's manager of enrollments has."""
    shown: Any = apps.get_model("enterprise", "EnterpriseCourseEnrollment").objects
    rows = _left(licenses, end)
    return _terminate(rows.filter(enterprise_course_enrollment__in=shown.all()))


def end_one_by_one(licenses: Sequence[UUID], end: datetime) -> Refused:
    """Ask for the enrollments of each license by itself, in a table without an index on it."""
    for each in licenses:
        _terminate(_left([each], end))
    return {}


def is_over_by_the_clock(family: Family, *_: Any) -> bool:
    """Ask the clock whether a plan is over."""
    return timezone.now() >= family.end


def alone(plan_uuid: UUID) -> Family:
    """Take a plan for itself, whatever it was renewed to."""
    return Family(tuple(SubscriptionPlan.objects.filter(plan_uuid=plan_uuid)))


def _left(licenses: Sequence[UUID], end: datetime | None = None) -> Any:
    rows = paid_enrollments(licenses).filter(is_revoked=False)
    if end is None:
        return rows
    history: Any = LMS.model("student.HistoricalCourseEnrollment")._default_manager
    changed = list(history.filter(history_date__gt=end).values_list("id", flat=True))
    enrollments: Any = LMS.model("student.CourseEnrollment")._default_manager
    users = enrollments.filter(pk__in=changed).values_list("user_id", flat=True)
    learner = "enterprise_course_enrollment__enterprise_customer_user__user_id"
    return rows.exclude(**{f"{learner}__in": list(users)})


def _terminate(rows: Iterable[Any]) -> Refused:
    """End each by edx-enterprise's function, and let out what that raises."""
    for row in rows:
        enrollment = row.enterprise_course_enrollment
        [overview] = LMS.function(OVERVIEWS)([enrollment.course_id])
        view: Any = LMS.function(VIEW)
        status = view()._terminate_enrollment(enrollment, overview)
        if status != view.EnrollmentTerminationStatus.COURSE_COMPLETED:
            row.revoke()
    return {}
