"""What the tables must be after a stream of events about plans, licenses and enrollments.

Written without the room's mappers and ``shared.upsert``, for it is there to contradict them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from enterprise_license_sync.demo.author import CUSTOMER
from enterprise_license_sync.standalone.models import (
    License,
    LicensedEnrollment,
    SubscriptionPlan,
)
from shared.demo.history import RowKey, histories
from shared.demo.part import AnyOf, Table
from shared.demo.stream import Landed, Run, StockEvent
from shared.events.enterprise.data import LicenseData, SubscriptionPlanData

_LIVE = ("assigned", "activated")


def expected_rows(landed: Iterable[Landed]) -> Table:
    """Say what the rows must be: the newest event wins its row, whenever its parent came."""
    return {key: _row(events) for key, events in histories(landed, _key).items()}


def stored_rows(run: Run) -> Table:
    """Read the rows of the run's customer and learners."""
    customer = run.uuid(CUSTOMER)
    plans = SubscriptionPlan.objects.filter(enterprise_customer_uuid=customer)
    licenses = License.objects.filter(plan__enterprise_customer_uuid=customer)
    enrollments = LicensedEnrollment.objects.filter(
        lms_user_id__gte=run.ids.start, lms_user_id__lt=run.ids.stop
    )
    return {
        **{("plan", row["plan_uuid"]): row for row in plans.values()},
        **{("license", row["license_uuid"]): row for row in licenses.values()},
        **{
            ("enrollment", row["license_id"], row["lms_user_id"], row["course_key"]): row
            for row in enrollments.values()
        },
    }


def _key(event: StockEvent) -> RowKey:
    data = _data(event)
    if isinstance(data, SubscriptionPlanData):
        return ("plan", data.plan_uuid)
    if isinstance(data, LicenseData):
        return ("license", data.license_uuid)
    return ("enrollment", data.license_uuid, data.lms_user_id, str(data.course_key))


def _data(event: StockEvent) -> Any:
    (data,) = event.data.values()
    return data


def _row(events: Sequence[StockEvent]) -> dict[str, object]:
    data = _data(events[-1])
    if isinstance(data, SubscriptionPlanData):
        return {**_plan(data), **_status(events)}
    if isinstance(data, LicenseData):
        return {**_license(data), **_status(events), "user_email": _email(events[-1])}
    return {"mode": data.mode, "is_active": data.is_active, "is_revoked": data.is_revoked}


def _plan(plan: SubscriptionPlanData) -> dict[str, object]:
    return {
        "title": plan.title,
        "enterprise_customer_uuid": plan.enterprise_customer_uuid,
        "enterprise_catalog_uuid": plan.enterprise_catalog_uuid,
        "start_date": plan.start_date,
        "expiration_date": plan.expiration_date,
        "desired_num_licenses": plan.desired_num_licenses,
        "renewed_to_id": plan.renewed_to_uuid,
    }


def _license(license_: LicenseData) -> dict[str, object]:
    return {
        "plan_id": license_.plan_uuid,
        "lms_user_id": license_.lms_user_id,
        "assigned_date": license_.assigned_date,
        "activation_date": license_.activation_date,
        "revoked_date": license_.revoked_date,
        "renewed_to_id": license_.renewed_to_uuid,
    }


def _email(event: StockEvent) -> str:
    """Return the learner's address while the license is to be used, in lower case."""
    email = _data(event).user_email or ""
    return email.lower() if _status_of(event) in _LIVE else ""


def _status(events: Sequence[StockEvent]) -> dict[str, object]:
    # Which status the row left depends on what arrived; it is never the one it has.
    *_, status = told = [_status_of(event) for event in events]
    return {"status": status, "previous_status": AnyOf(frozenset({"", *told} - {status}))}


def _status_of(event: StockEvent) -> str:
    data = _data(event)
    if event.signal.event_type.endswith(".deleted.v1"):
        return "deleted"
    if isinstance(data, SubscriptionPlanData):
        return "active" if data.is_active else "inactive"
    return str(data.status)
