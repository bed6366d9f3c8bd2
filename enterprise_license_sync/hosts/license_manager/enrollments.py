"""License Manager keeps no enrollments: it is told of them, and does nothing about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from enterprise_license_sync.hosts.license_manager.host import LICENSE_MANAGER
from enterprise_license_sync.records import LicensedEnrollmentRecord
from shared.hosts import HostDestination
from shared.outcomes import Held, Outcome
from shared.records import PositionedRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class EnrollmentOptions:
    """There is nothing to choose."""


def _write(
    records: Sequence[PositionedRecord[LicensedEnrollmentRecord]], options: EnrollmentOptions
) -> list[Outcome]:
    return [Outcome.FILTERED for _ in records]


def _read(records: Sequence[LicensedEnrollmentRecord], options: EnrollmentOptions) -> list[Held]:
    return [Outcome.FILTERED for _ in records]


LICENSED_ENROLLMENTS = HostDestination(
    consumer="licensed-enrollments",
    host=LICENSE_MANAGER,
    options=EnrollmentOptions,
    write=_write,
    read=_read,
)
