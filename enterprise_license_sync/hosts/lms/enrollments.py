"""Writes no licensed enrollments: it is the LMS that tells of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from enterprise_license_sync.hosts.lms.ending import learner_and_course, paid_enrollments
from enterprise_license_sync.hosts.lms.host import LMS, LmsOptions
from enterprise_license_sync.records import LicensedEnrollmentRecord
from shared.hosts import HostDestination
from shared.outcomes import Outcome
from shared.records import PositionedRecord


def _write(
    records: Sequence[PositionedRecord[LicensedEnrollmentRecord]], options: LmsOptions
) -> list[Outcome]:
    return [Outcome.FILTERED for _ in records]


def _read(
    records: Sequence[LicensedEnrollmentRecord], options: LmsOptions
) -> list[Mapping[str, Any] | None]:
    rows = paid_enrollments({record.license_id for record in records})
    found = {
        (row.license_uuid, *learner_and_course(row)): {"is_revoked": row.is_revoked} for row in rows
    }
    return [found.get((each.license_id, each.lms_user_id, each.course_key)) for each in records]


LICENSED_ENROLLMENTS = HostDestination(
    consumer="licensed-enrollments", host=LMS, options=LmsOptions, write=_write, read=_read
)
