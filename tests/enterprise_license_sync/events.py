"""The events of one plan, a license of it and an enrollment, in few words, and how they end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from enterprise_license_sync.standalone.models import (
    License,
    LicensedEnrollment,
    SubscriptionPlan,
)
from shared import parking
from shared.batches import Batch
from shared.consumer import Room
from shared.direct import decode_stored
from shared.events.enterprise.signals import (
    LICENSE_ACTIVATED,
    LICENSE_ASSIGNED,
    LICENSE_CREATED,
    LICENSE_DELETED,
    LICENSE_REVOKED,
    LICENSED_ENROLLMENT_CHANGED,
    SUBSCRIPTION_PLAN_CHANGED,
    SUBSCRIPTION_PLAN_DELETED,
)
from shared.messages import Event
from shared.models import ParkedEvent
from shared.outcomes import Outcome
from shared.pipeline import settle
from shared.testing import deliver, make_event
from shared.testing.factories.enterprise import (
    PLAN,
    LicensedEnrollmentFactory,
    LicenseFactory,
    SubscriptionPlanFactory,
)

ROOM = "enterprise_license_sync"
TOPIC = "enterprise-subscription-lifecycle"
START = datetime(2026, 1, 1, tzinfo=UTC)
OTHER_PLAN, LICENSE, OTHER_LICENSE = UUID(int=11), UUID(int=12), UUID(int=13)
EMAIL = "learner@example.com"
LEARNER = 7

TELLS = {
    "unassigned": LICENSE_CREATED,
    "assigned": LICENSE_ASSIGNED,
    "activated": LICENSE_ACTIVATED,
    "revoked": LICENSE_REVOKED,
    "deleted": LICENSE_DELETED,
}
"""An event for each status that a license can get into."""


def at(second: float) -> datetime:
    """Return a time."""
    return START + timedelta(seconds=second)


def plan(second: float, signal=SUBSCRIPTION_PLAN_CHANGED, **fields) -> Event:
    """Return an event of the plan."""
    data = SubscriptionPlanFactory(**{"plan_uuid": PLAN} | fields)
    return make_event(signal, time=at(second), subscription_plan=data)


def plan_that_is(status: str, second: float, **fields) -> Event:
    """Return an event after which the plan has a status."""
    signal = SUBSCRIPTION_PLAN_DELETED if status == "deleted" else SUBSCRIPTION_PLAN_CHANGED
    return plan(second, signal, is_active=status != "inactive", **fields)


def license_(second: float, signal=LICENSE_ASSIGNED, **fields) -> Event:
    """Return an event of the license, which is assigned to the learner."""
    wanted = {"license_uuid": LICENSE, "user_email": EMAIL, "lms_user_id": LEARNER}
    return make_event(signal, time=at(second), license=LicenseFactory(**wanted | fields))


def license_that_is(status: str, second: float, **fields) -> Event:
    """Return an event after which the license has a status."""
    told = "assigned" if status == "deleted" else status
    return license_(second, TELLS[status], status=told, **fields)


def enrollment(second: float, **fields) -> Event:
    """Return an event of the enrollment."""
    data = LicensedEnrollmentFactory(**{"license_uuid": LICENSE, "lms_user_id": LEARNER} | fields)
    return make_event(LICENSED_ENROLLMENT_CHANGED, time=at(second), licensed_enrollment=data)


def outcomes(room: Room, *events: Event) -> list[Outcome]:
    """Deliver events as one batch and return how they ended."""
    return [ending.outcome for ending in deliver(room, *events).endings]


def retry(room: Room, *, after: timedelta = timedelta(0)) -> list[Outcome]:
    """Settle the parked events that are due then, as the worker does, and return how they ended."""
    now = timezone.now() + after
    due = parking.due(room.name, ["test"], limit=100, now=now)
    arrivals = parking.arrivals_of(due, decode_stored)
    batch = Batch(room=room, group=room.name, worker="tests", arrivals=arrivals)
    return [ending.outcome for ending in settle(batch, now=now).endings]


def work(room: Room, *events: Event) -> None:
    """Deliver events as one batch, then retry what was woken, until nothing is."""
    outcomes(room, *events)
    while retry(room):
        pass


def forget() -> None:
    """Empty the room's tables."""
    for model in (LicensedEnrollment, License, SubscriptionPlan, ParkedEvent):
        model.objects.all().delete()
