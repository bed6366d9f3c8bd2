"""What is current is read off the dates, by row and by query alike, and no order changes it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations, product
from uuid import UUID

import pytest
from opaque_keys.edx.keys import CourseKey

from enterprise_license_sync.standalone.models import (
    License,
    LicensedEnrollment,
    SubscriptionPlan,
)
from shared.events.enterprise.signals import (
    SUBSCRIPTION_PLAN_CHANGED,
    SUBSCRIPTION_PLAN_CREATED,
    SUBSCRIPTION_PLAN_EXPIRED,
)
from tests.enterprise_license_sync.events import (
    LEARNER,
    LICENSE,
    OTHER_LICENSE,
    OTHER_PLAN,
    START,
    enrollment,
    forget,
    license_that_is,
    outcomes,
    plan,
    plan_that_is,
    work,
)

pytestmark = pytest.mark.django_db

NOW = START + timedelta(days=60)
LATER = NOW + timedelta(days=60)
TICK = timedelta(microseconds=1)
AROUND = (NOW - TICK, NOW, NOW + TICK)
SPANS = [(start, end) for start, end in product(AROUND, repeat=2) if start <= end]
PLAN_STATUSES = ("inactive", "active", "deleted")
LICENSE_STATUSES = ("unassigned", "assigned", "activated", "revoked", "deleted")
RUNS = {
    (is_active, is_revoked): CourseKey.from_string(f"course-v1:edX+{is_active}+{is_revoked}")
    for is_active, is_revoked in product([True, False], repeat=2)
}
"""A course run for each way of being enrolled."""

PLANS = dict(enumerate(product(PLAN_STATUSES, SPANS)))
LICENSES = dict(enumerate(product(PLANS, LICENSE_STATUSES)))


def plan_uuid(number: int) -> UUID:
    """Return the UUID of a plan."""
    return UUID(int=0x100 + number)


def license_uuid(number: int) -> UUID:
    """Return the UUID of a license."""
    return UUID(int=0x200 + number)


def current(model, at: datetime, *related: str):
    """Return the rows that the query finds, having asked each row, too."""
    found = set(model.objects.current(at))
    rows = model.objects.select_related(*related) if related else model.objects.all()
    assert found == {row for row in rows if row.is_current(at)}
    return found


@pytest.fixture
def _every_family(room):
    """A plan for each status and each way to lie around a moment, with licenses of each status."""
    plans = [
        plan_that_is(status, 1, plan_uuid=plan_uuid(n), start_date=start, expiration_date=end)
        for n, (status, (start, end)) in PLANS.items()
    ]
    licenses = [
        license_that_is(status, 2, license_uuid=license_uuid(n), plan_uuid=plan_uuid(plan_number))
        for n, (plan_number, status) in LICENSES.items()
    ]
    enrollments = [
        enrollment(
            3,
            license_uuid=license_uuid(n),
            course_key=course_key,
            is_active=is_active,
            is_revoked=is_revoked,
        )
        for n in LICENSES
        for (is_active, is_revoked), course_key in RUNS.items()
    ]
    outcomes(room, *plans, *licenses, *enrollments)


@pytest.mark.usefixtures("_every_family")
def test_rows_and_queries_agree():
    """A plan from its first moment to its last, a held license of it, what that still pays for."""
    good_plans = {
        n
        for n, (status, (start, end)) in PLANS.items()
        if status == "active" and start <= NOW <= end
    }
    good_licenses = {
        n
        for n, (plan_number, status) in LICENSES.items()
        if plan_number in good_plans and status in ("assigned", "activated")
    }
    assert (len(good_plans), len(good_licenses)) == (4, 8)
    plans = current(SubscriptionPlan, NOW)
    assert {row.plan_uuid for row in plans} == set(map(plan_uuid, good_plans))
    licenses = current(License, NOW, "plan")
    assert {row.license_uuid for row in licenses} == set(map(license_uuid, good_licenses))
    enrollments = current(LicensedEnrollment, NOW, "license__plan")
    assert {(row.license_id, row.course_key) for row in enrollments} == {
        (license_uuid(n), str(RUNS[True, False])) for n in good_licenses
    }


@pytest.mark.parametrize(
    ("holder", "is_paid"), [(LEARNER, True), (None, True), (LEARNER + 1, False)]
)
def test_license_of_another_learner_pays_no_more(room, holder, is_paid):
    """A license that was given on is current, and the first learner's enrollment isn't."""
    work(room, plan(1), license_that_is("activated", 2), enrollment(3))
    work(room, license_that_is("activated", 4, lms_user_id=holder))
    assert len(current(License, NOW)) == 1
    assert bool(current(LicensedEnrollment, NOW)) is is_paid


def test_no_order_leaves_a_live_license_under_an_expired_plan(room):
    """A plan that was cut short ends its licenses and enrollments, whichever event comes last."""
    events = [
        plan(1, SUBSCRIPTION_PLAN_CREATED, expiration_date=LATER),
        license_that_is("assigned", 2),
        license_that_is("activated", 3),
        plan(4, SUBSCRIPTION_PLAN_CHANGED, expiration_date=NOW),
        plan(5, SUBSCRIPTION_PLAN_EXPIRED, expiration_date=NOW),
    ]
    for order in permutations(events):
        forget()
        for event in order:
            work(room, event)
        work(room, enrollment(6))
        for model in (License, LicensedEnrollment):
            assert len(current(model, NOW)) == 1
            assert not current(model, NOW + TICK)


def test_no_order_leaves_a_revoked_license_current(room):
    """Not even under a plan that was extended; all orders end in the same rows."""
    events = [
        plan(1, SUBSCRIPTION_PLAN_CREATED, expiration_date=NOW),
        license_that_is("assigned", 2),
        license_that_is("activated", 3),
        plan(4, SUBSCRIPTION_PLAN_EXPIRED, expiration_date=NOW),
        plan(5, SUBSCRIPTION_PLAN_CHANGED, expiration_date=LATER),
        license_that_is("revoked", 6),
    ]
    for order in permutations(events):
        forget()
        for batch in (order[:3], order[3:]):
            work(room, *batch)
        assert len(current(SubscriptionPlan, LATER)) == 1
        assert not current(License, NOW) | current(License, LATER)
        assert License.objects.get().status == "revoked"


def test_renewal_does_not_move_an_enrollment(room):
    """It stays with its license, whose plan is over; who asks for more follows ``renewed_to``."""
    follower, old = OTHER_LICENSE, LICENSE
    outcomes(room, plan(1, expiration_date=NOW), plan(1, plan_uuid=OTHER_PLAN))
    outcomes(
        room,
        license_that_is("activated", 2, lms_user_id=LEARNER, renewed_to_uuid=follower),
        license_that_is(
            "activated", 2, license_uuid=follower, plan_uuid=OTHER_PLAN, lms_user_id=LEARNER
        ),
        enrollment(3),
    )
    learning = LicensedEnrollment.objects.get()
    assert learning.license.license_uuid == old
    assert not learning.is_current(LATER)
    assert License.objects.get(renewed_from=learning.license).is_current(LATER)
