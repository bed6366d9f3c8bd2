"""Writes licenses: each by the function that License Manager itself would use for the step.

No mail is sent to a learner: who has published the event has done so. What License Manager tells
its customers when a license is made or revoked is told once the row is committed, and once, for an
event that comes again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

from enterprise_license_sync.hosts.license_manager import last_acts
from enterprise_license_sync.hosts.license_manager.emails import make_room
from enterprise_license_sync.hosts.license_manager.host import (
    CHANGE_REASON,
    FOLLOW_UP,
    LICENSE_MANAGER,
    REVOKE,
    Row,
    changed_later,
    differing,
    locked,
    rows,
    save,
    was_deleted_later,
    was_touched_later,
)
from enterprise_license_sync.hosts.license_manager.locks import Take, assignment_locks
from enterprise_license_sync.hosts.license_manager.tracking import told_on_commit
from enterprise_license_sync.records import HELD, LicenseRecord, LicenseStatus
from shared.applied import apply_in_order
from shared.hosts import HostDestination
from shared.outcomes import MissingParent, Outcome, WriteResult
from shared.records import PositionedRecord

_CONSUMER = "licenses"
_EVENT = "license"


@dataclass(frozen=True, kw_only=True, slots=True)
class LicenseOptions:
    """What is a service's own to decide about licenses that come by event.

    ``replace_revoked`` makes a new license for each that is revoked, as License Manager does; for a
    publisher that tells of each license, too, it is off. ``follow_up`` runs License Manager's tasks
    after a revocation: they end the enrollments in the LMS, and tell when the cap is reached.
    """

    replace_revoked: bool = True
    follow_up: bool = True


def _write(
    records: Sequence[PositionedRecord[LicenseRecord]], options: LicenseOptions
) -> list[WriteResult]:
    acts: list[last_acts.Act] = []
    with assignment_locks() as take, told_on_commit():
        apply = partial(_apply, options=options, take=take, acts=acts)
        results = apply_in_order(_CONSUMER, records, apply)
        last_acts.do(acts)
    return results


def _apply(
    item: PositionedRecord[LicenseRecord],
    options: LicenseOptions,
    take: Take,
    acts: list[last_acts.Act],
) -> WriteResult:
    record = item.record
    plan = _plan_of(record, options)
    if plan is None:
        return MissingParent("subscription-plans", (record.plan_id,))
    if record.renewed_to_id and not rows("License").filter(pk=record.renewed_to_id).exists():
        return MissingParent(_CONSUMER, (record.renewed_to_id,))
    row = locked("License", record.license_uuid)
    if (is_new := row is None) and was_deleted_later(
        "License", record.license_uuid, item.position.time
    ):
        return Outcome.STALE
    row = row or rows("License").model(uuid=record.license_uuid, subscription_plan=plan)
    changes = differing(row, _columns(record, row))
    if not (changes or is_new):
        return Outcome.UNCHANGED
    if not is_new and _is_late(row, changes, item):
        return Outcome.STALE
    if _is_given(row, changes, record):
        if not take(plan):
            return MissingParent("assignments", (plan.pk,))
        if taken := make_room(item, row, changes.get("user_email", row.user_email)):
            return taken
    acts += _step(row, record, changes, options)
    return Outcome.APPLIED


def _plan_of(record: LicenseRecord, options: LicenseOptions) -> Row | None:
    """Return the plan; locked, before the license, where a revocation may be counted in it."""
    if options.replace_revoked and record.status == LicenseStatus.REVOKED:
        return locked("SubscriptionPlan", record.plan_id)
    return rows("SubscriptionPlan").filter(pk=record.plan_id).first()


def _columns(record: LicenseRecord, row: Row) -> dict[str, Any]:
    """Return what the license's columns shall say, as far as the event tells."""
    columns: dict[str, Any] = {
        "subscription_plan_id": record.plan_id,
        "renewed_to_id": record.renewed_to_id,
        "status": record.status.value,
    }
    dates = {name: getattr(record, name) for name in ("assigned_date", "activation_date")}
    dates["revoked_date"] = record.revoked_date
    if record.status in HELD:
        return columns | _learner(record, row) | dates
    if record.status == LicenseStatus.UNASSIGNED:
        return columns
    if record.status == LicenseStatus.DELETED:  # for which License Manager has no word
        columns |= {"status": LicenseStatus.REVOKED.value, "user_email": None}
    known = dates | {"lms_user_id": record.lms_user_id}
    return columns | {name: value for name, value in known.items() if value is not None}


def _learner(record: LicenseRecord, row: Row) -> dict[str, Any]:
    """Return whose the license is: the same email in another spelling is the same learner's."""
    if not record.user_email or record.user_email == (row.user_email or "").lower():
        return {"user_email": row.user_email, "lms_user_id": record.lms_user_id or row.lms_user_id}
    return {"user_email": record.user_email, "lms_user_id": record.lms_user_id}


def _is_late(row: Row, changes: dict[str, Any], item: PositionedRecord[LicenseRecord]) -> bool:
    """Return whether License Manager has changed the same since, or scrubbed the license."""
    time = item.position.time
    if changes.get("user_email") and not row.user_email and was_touched_later(row, time):
        return True  # scrubbing leaves no trace of the email, not even in the history
    return bool(changed_later(row, changes, time))


def _is_given(row: Row, changes: dict[str, Any], record: LicenseRecord) -> bool:
    """Return whether a learner gets a license of the plan that they didn't have."""
    is_another = {"user_email", "subscription_plan_id"} & changes.keys()
    return record.status in HELD and bool(is_another or row.status not in HELD)


def _step(
    row: Row, record: LicenseRecord, changes: dict[str, Any], options: LicenseOptions
) -> list[last_acts.Act]:
    """Take the license to its new state, and a learner who lost it out of its history.

    Returns what is left to do then.
    """
    acts: list[last_acts.Act] = []
    if changes.get("status") == LicenseStatus.REVOKED:
        acts = _revoke(row, record, changes, options)
    else:
        if changes.get("status") == LicenseStatus.UNASSIGNED:
            row.reset_to_unassigned()
        _set(row, changes)
        if record.status in HELD and row.activation_key is None:
            row.activation_key = uuid4()  # without one its learner couldn't activate it
        save(row, _EVENT)
    if record.status in (LicenseStatus.UNASSIGNED, LicenseStatus.DELETED):
        row.clear_historical_pii()
    return acts


def _revoke(
    row: Row, record: LicenseRecord, changes: dict[str, Any], options: LicenseOptions
) -> list[last_acts.Act]:
    """Revoke a license by License Manager's own function. Raises what that raises.

    Returns License Manager's tasks after a revocation, to be run. One that earlier events would
    have given to a learner is taken as given: whether they came first is chance. One that was
    deleted is revoked without a new one in its place.
    """
    if row._state.adding:
        save(row, _EVENT)
    _set(row, {name: value for name, value in changes.items() if name != "status"})
    is_deleted = record.status == LicenseStatus.DELETED
    if not is_deleted:
        was_active = row.status == LicenseStatus.ACTIVATED or record.activation_date
        row.status = (LicenseStatus.ACTIVATED if was_active else LicenseStatus.ASSIGNED).value
    before = row.status
    row._change_reason = CHANGE_REASON
    if is_deleted or not options.replace_revoked:
        row.revoke()
    else:
        # It saves all of the plan: what was read before the lock would undo what others have saved.
        row.subscription_plan = locked("SubscriptionPlan", record.plan_id)
        row.subscription_plan._change_reason = CHANGE_REASON
        LICENSE_MANAGER.function(REVOKE)(row)
    if record.revoked_date:
        row.revoked_date = record.revoked_date
        save(row, _EVENT)

    if not (options.follow_up and before in HELD):
        return []
    tasks = LICENSE_MANAGER.function(FOLLOW_UP)
    return [(row.pk, partial(tasks, revoked_license=row, original_status=before))]


def _set(row: Row, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _read(
    records: Sequence[LicenseRecord], options: LicenseOptions
) -> list[Mapping[str, Any] | None]:
    found = rows("License").in_bulk([record.license_uuid for record in records])
    return [(row := found.get(record.license_uuid)) and _held(row, record) for record in records]


def _held(row: Row, record: LicenseRecord) -> Mapping[str, Any]:
    is_deleted = record.status == LicenseStatus.DELETED and row.status == LicenseStatus.REVOKED
    return {
        "plan_id": row.subscription_plan_id,
        "status": LicenseStatus.DELETED if is_deleted else LicenseStatus(row.status),
        "lms_user_id": row.lms_user_id,
        "user_email": (row.user_email or "").lower() if row.status in HELD else "",
        "assigned_date": row.assigned_date,
        "activation_date": row.activation_date,
        "revoked_date": row.revoked_date,
        "renewed_to_id": row.renewed_to_id,
    }


LICENSES = HostDestination(
    consumer=_CONSUMER,
    host=LICENSE_MANAGER,
    options=LicenseOptions,
    write=_write,
    read=_read,
    one_by_one=True,
)
