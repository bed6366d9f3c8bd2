"""Ends enrollments by edx-enterprise's own function, the one behind what License Manager calls.

It moves a learner to audit, or unenrolls them where there is no audit, unless they have completed
the course. What has been ended is skipped, so it may be done again; nothing is opened again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from enterprise_license_sync.hosts.lms.host import (
    ENROLLMENT,
    FAILURE,
    HISTORY,
    LMS,
    OVERVIEWS,
    PAID,
    VIEW,
    Row,
)
from shared.exceptions import PoisonError
from shared.writing import attempt

_BATCH = 100
_PAID_FOR = "enterprise_course_enrollment"
_LEARNER = f"{_PAID_FOR}__enterprise_customer_user"


def paid_enrollments(licenses: Collection[UUID]) -> Any:
    """Return edx-enterprise's records of the enrollments that licenses pay or paid for."""
    rows = LMS.model(PAID)._default_manager.filter(license_uuid__in=licenses)
    # One that has only an entitlement is in no course run.
    return rows.filter(**{f"{_PAID_FOR}__isnull": False}).select_related(_LEARNER)


def learner_and_course(row: Row) -> tuple[int, str]:
    """Return whose such a record is, and of which course run."""
    enrollment = row.enterprise_course_enrollment
    return enrollment.enterprise_customer_user.user_id, enrollment.course_id


def end_enrollments(licenses: Sequence[UUID], end: datetime) -> dict[UUID, PoisonError]:
    """End what these licenses paid for, but for what the LMS has changed after their ``end``.

    A learner who has paid since, or was enrolled anew, has another right to the course. It is done
    for 100 licenses at a time. Returns, by license, what the LMS refuses: that neither holds up nor
    undoes another one, for the LMS tells others of each end at once. Raises what no event is to
    blame for.
    """
    refused: dict[UUID, PoisonError] = {}
    for start in range(0, len(licenses), _BATCH):
        rows = paid_enrollments(licenses[start : start + _BATCH]).filter(is_revoked=False)
        refused |= _end(list(rows), end)
    return refused


def _end(rows: Sequence[Row], end: datetime) -> dict[UUID, PoisonError]:
    changed = _changed_after(end, {learner_and_course(row) for row in rows})
    rows = [row for row in rows if learner_and_course(row) not in changed]
    courses = {row.enterprise_course_enrollment.course_id for row in rows}
    overviews = LMS.function(OVERVIEWS)(sorted(courses)) if courses else ()
    by_course = {str(each["id"]): each for each in overviews}
    refused = {}
    for row in rows:
        overview = by_course.get(row.enterprise_course_enrollment.course_id)
        if failure := attempt(partial(_terminate, row, overview)):
            refused[row.license_uuid] = failure
    return refused


def _terminate(row: Row, overview: Any) -> None:
    """End one enrollment. In a course that is gone there is none to end."""
    view: Any = LMS.function(VIEW)
    failure: Any = LMS.function(FAILURE)
    try:
        status = overview and view()._terminate_enrollment(
            row.enterprise_course_enrollment, overview
        )
    except failure as error:
        # It names the learner, and hides whether the database was at fault and by which code.
        cause = error.__cause__ or error
        raise cause from cause.__cause__
    if status != view.EnrollmentTerminationStatus.COURSE_COMPLETED:
        row.revoke()


def _changed_after(end: datetime, keys: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Return which of these enrollments the LMS has changed since: its history knows."""
    enrollments: Any = LMS.model(ENROLLMENT)._default_manager
    history: Any = LMS.model(HISTORY)._default_manager
    found = {
        each.pk: (each.user_id, str(each.course_id))
        for each in enrollments.filter(user_id__in={user_id for user_id, _ in keys})
    }
    later = history.filter(id__in=found, history_date__gt=end).values_list("id", flat=True)
    return {found[pk] for pk in later}
