"""Writes the room's records to its own tables."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.utils import timezone

from enterprise_license_sync.records import (
    LICENSE_STEPS,
    PLAN_STEPS,
    LicensedEnrollmentRecord,
    LicenseRecord,
    LicenseStatus,
    PlanStatus,
    SubscriptionPlanRecord,
)
from enterprise_license_sync.standalone.models import (
    License,
    LicensedEnrollment,
    SubscriptionPlan,
)
from shared.bulk import Row
from shared.logging import Action, Log
from shared.outcomes import Outcome, WriteResult
from shared.parents import write_where_parent_is
from shared.records import PositionedRecord
from shared.tables import in_table
from shared.upsert import upsert

log = Log(__name__)


@in_table(SubscriptionPlan, gone={"status": PlanStatus.DELETED})
def write_subscription_plans(
    records: Sequence[PositionedRecord[SubscriptionPlanRecord]],
) -> list[Outcome]:
    """Write plans; a newer event wins, whatever step it takes."""
    return upsert(SubscriptionPlan, records, now=timezone.now(), before_change=_note_plan_step)


@in_table(License, gone={"status": LicenseStatus.DELETED})
def write_licenses(records: Sequence[PositionedRecord[LicenseRecord]]) -> list[WriteResult]:
    """Write the licenses whose plan is there; a newer event wins, whatever step it takes."""
    return write_where_parent_is(
        SubscriptionPlan,
        records,
        consumer="subscription-plans",
        parent_key=lambda license_: (license_.plan_id,),
        write=lambda ready: upsert(
            License, ready, now=timezone.now(), before_change=_note_license_step
        ),
    )


@in_table(LicensedEnrollment)
def write_licensed_enrollments(
    records: Sequence[PositionedRecord[LicensedEnrollmentRecord]],
) -> list[WriteResult]:
    """Write the enrollments whose license is there; a newer event wins."""
    return write_where_parent_is(
        License,
        records,
        consumer="licenses",
        parent_key=lambda enrollment: (enrollment.license_id,),
        write=lambda ready: upsert(LicensedEnrollment, ready, now=timezone.now()),
    )


def _note_plan_step(row: Row, record: SubscriptionPlanRecord) -> None:
    _note_step(f"plan {row}", row, record.status, PLAN_STEPS)


def _note_license_step(row: Row, record: LicenseRecord) -> None:
    _note_step(f"license {row}", row, record.status, LICENSE_STEPS)


def _note_step(name: str, row: Any, status: str, steps: Mapping[str, Collection[str]]) -> None:
    """Keep the status that a row leaves, and tell of a step that wasn't to be expected."""
    if status == row.status:
        return
    row.previous_status = row.status
    if row.status not in steps[status]:
        log.warning(Action.STEP_UNLIKELY, row=name, before=row.status, after=status)
