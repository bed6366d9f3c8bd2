"""Events of one plan and its licenses, and how they end; needs no table of the room's own."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.test import TestCase
from django.utils import timezone
from opaque_keys.edx.keys import CourseKey

from shared import parking
from shared.batches import Batch
from shared.consumer import Room
from shared.direct import decode_stored
from shared.events.enterprise.data import (
    LicenseData,
    LicensedEnrollmentData,
    SubscriptionPlanData,
)
from shared.events.enterprise.signals import (
    LICENSE_ACTIVATED,
    LICENSE_ASSIGNED,
    LICENSE_CREATED,
    LICENSE_DELETED,
    LICENSE_REVOKED,
    LICENSED_ENROLLMENT_CHANGED,
    SUBSCRIPTION_PLAN_CHANGED,
)
from shared.messages import Event
from shared.outcomes import Outcome
from shared.pipeline import settle
from shared.testing import deliver, make_event

PLAN, OTHER_PLAN, LICENSE, OTHER_LICENSE = (UUID(int=number) for number in (1, 2, 3, 4))
CUSTOMER, OTHER_CUSTOMER, CATALOG = (UUID(int=number) for number in (5, 6, 7))
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)
LEARNER, EMAIL = 7, "learner@example.com"
TELLS = {
    "unassigned": LICENSE_CREATED,
    "assigned": LICENSE_ASSIGNED,
    "activated": LICENSE_ACTIVATED,
    "revoked": LICENSE_REVOKED,
    "deleted": LICENSE_DELETED,
}


def at(second: float) -> datetime:
    """Return a time."""
    return START + timedelta(seconds=second)


def plan(second: float, signal: Any = SUBSCRIPTION_PLAN_CHANGED, **fields: Any) -> Event:
    """Return an event of the plan."""
    defaults: dict[str, Any] = {
        "plan_uuid": PLAN,
        "title": "Tests",
        "enterprise_customer_uuid": CUSTOMER,
        "start_date": START,
        "expiration_date": END,
        "is_active": True,
        "desired_num_licenses": 10,
        "enterprise_catalog_uuid": CATALOG,
        "renewed_to_uuid": None,
    }
    data = SubscriptionPlanData(**defaults | fields)
    return make_event(signal, time=at(second), subscription_plan=data)


def license_(second: float, status: str = "assigned", **fields: Any) -> Event:
    """Return an event after which the license has a status; it tells what one of it would."""
    told = "assigned" if status == "deleted" else status
    held = told in ("assigned", "activated")
    defaults: dict[str, Any] = {
        "license_uuid": LICENSE,
        "plan_uuid": PLAN,
        "status": told,
        "lms_user_id": None if told == "unassigned" else LEARNER,
        "user_email": EMAIL if held and status != "deleted" else None,
        "assigned_date": None if told == "unassigned" else START,
        "activation_date": at(1) if told == "activated" else None,
        "revoked_date": at(second) if told == "revoked" else None,
        "renewed_to_uuid": None,
    }
    data = LicenseData(**defaults | fields)
    return make_event(TELLS[status], time=at(second), license=data)


def enrollment(second: float) -> Event:
    """Return an event of an enrollment that the license pays for."""
    data = LicensedEnrollmentData(
        license_uuid=LICENSE,
        plan_uuid=PLAN,
        lms_user_id=LEARNER,
        course_key=CourseKey.from_string("course-v1:edX+Tests+2026"),
        mode="verified",
        is_active=True,
        is_revoked=False,
    )
    return make_event(LICENSED_ENROLLMENT_CHANGED, time=at(second), licensed_enrollment=data)


def committed() -> AbstractContextManager[Any]:
    """Run what a block leaves to do on commit; a test's own transaction is never committed."""
    return TestCase.captureOnCommitCallbacks(execute=True)


def outcomes(room: Room, *events: Event) -> list[Outcome]:
    """Deliver events as one batch, commit it, and return how they ended."""
    with committed():
        return [ending.outcome for ending in deliver(room, *events).endings]


def errors(room: Room, *events: Event) -> list[str]:
    """Deliver events as one batch, commit it, and return why they were buried."""
    with committed():
        return [ending.error for ending in deliver(room, *events).endings]


def retry(room: Room, *, after: timedelta = timedelta(0)) -> list[Outcome]:
    """Settle the parked events that are due then, as the worker does, and return how they ended."""
    now = timezone.now() + after
    due = parking.due(room.name, ["test"], limit=100, now=now)
    arrivals = parking.arrivals_of(due, decode_stored)
    batch = Batch(room=room, group=room.name, worker="tests", arrivals=arrivals)
    with committed():
        return [ending.outcome for ending in settle(batch, now=now).endings]
