"""Writes licenses to the room's own tables, and ends what those that aren't good paid for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from enterprise_license_sync.hosts.lms.ending import end_enrollments
from enterprise_license_sync.hosts.lms.host import LMS, LmsOptions, said
from enterprise_license_sync.hosts.lms.plans import FOLLOWED, Family
from enterprise_license_sync.records import LicenseRecord, LicenseStatus
from shared.exceptions import PoisonError
from shared.hosts import HostDestination
from shared.outcomes import WriteResult
from shared.records import PositionedRecord

_TAKEN = (LicenseStatus.REVOKED, LicenseStatus.DELETED)


def _write(
    records: Sequence[PositionedRecord[LicenseRecord]], options: LmsOptions
) -> list[WriteResult]:
    # Tells, once committed, of these licenses' enrollments, too: as they are by then.
    from enterprise_license_sync.producers.lms import write_licenses

    results = write_licenses(records)
    pairs = list(zip(records, results, strict=True))
    plans = {item.record.plan_id for item, result in pairs if result in FOLLOWED}
    families = {plan: Family.of(plan) for plan in plans}
    ends = [
        _end_of(item, families[item.record.plan_id]) if result in FOLLOWED else None
        for item, result in pairs
    ]
    refused = _end(records, ends)
    return [
        refused.get(item.record.license_uuid, result) if end else result
        for (item, result), end in zip(pairs, ends, strict=True)
    ]


def _end(
    records: Sequence[PositionedRecord[LicenseRecord]], ends: Sequence[datetime | None]
) -> dict[UUID, PoisonError]:
    """End what the licenses that have an end paid for; return what the LMS refuses."""
    by_end: dict[datetime, list[UUID]] = {}
    for item, end in zip(records, ends, strict=True):
        if end:
            by_end.setdefault(end, []).append(item.record.license_uuid)
    refused: dict[UUID, PoisonError] = {}
    for end, licenses in by_end.items():
        refused |= end_enrollments(licenses, end)
    return refused


def _end_of(item: PositionedRecord[LicenseRecord], family: Family) -> datetime | None:
    """Return when a license was good last, if it isn't any more."""
    if item.record.status in _TAKEN:
        # Not the event's time, if there is another: it may be that of a later save.
        return item.record.revoked_date or item.position.time
    return family.end if family.is_over(item.position) else None


def _read(records: Sequence[LicenseRecord], options: LmsOptions) -> list[Mapping[str, Any] | None]:
    from enterprise_license_sync.standalone.models import License

    keys = [record.license_uuid for record in records]
    found = License.objects.in_bulk(keys, field_name="license_uuid")
    return [said(found.get(record.license_uuid), record) for record in records]


LICENSES = HostDestination(
    consumer="licenses", host=LMS, options=LmsOptions, write=_write, read=_read
)
