"""Plans, licenses and enrollments that a service holds become the rows of their events."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import attrs
import pytest

from enterprise_license_sync import snapshots
from enterprise_license_sync.consumers import LICENSED_ENROLLMENTS, LICENSES, SUBSCRIPTION_PLANS
from enterprise_license_sync.standalone.models import (
    License,
    LicensedEnrollment,
    SubscriptionPlan,
)
from shared import registry
from shared.models import ParkedEvent
from shared.ordering import Position
from shared.snapshots import Row
from shared.testing import deliver, make_event
from shared.testing.factories.enterprise import (
    PLAN,
    LicensedEnrollmentFactory,
    LicenseFactory,
    SubscriptionPlanFactory,
)
from tests.library import NOW
from tests.snapshots import as_row, backfill, reconcile, written

pytestmark = pytest.mark.django_db

ROOM = "enterprise_license_sync"
TAKEN_AT = NOW - timedelta(minutes=10)
AS_OF = ("--as-of", TAKEN_AT.isoformat(), "--margin", "0")
FACTORIES = {
    SUBSCRIPTION_PLANS: (SubscriptionPlanFactory, "subscription_plan", SubscriptionPlan),
    LICENSES: (LicenseFactory, "license", License),
    LICENSED_ENROLLMENTS: (LicensedEnrollmentFactory, "licensed_enrollment", LicensedEnrollment),
}


@pytest.fixture
def family():
    """A plan, a license of it and an enrollment."""
    license_ = LicenseFactory(plan_uuid=PLAN, lms_user_id=7)
    enrollment = LicensedEnrollmentFactory(license_uuid=license_.license_uuid, lms_user_id=7)
    data = (SubscriptionPlanFactory(plan_uuid=PLAN), license_, enrollment)
    return dict(zip(FACTORIES, data, strict=True))


def run(command, tmp_path, consumer, *rows, options=()):
    """Run a command for a consumer's rows."""
    file = written(tmp_path / consumer.name, rows)
    return command(ROOM, "--consumer", consumer.name, *AS_OF, "--from", file, *options)


@pytest.mark.parametrize("consumer", FACTORIES, ids=lambda consumer: consumer.name)
def test_row_says_what_the_event_says(consumer):
    """The fields have the same names and meanings; the LMS knows no plan of an enrollment."""
    factory, name, _ = FACTORIES[consumer]
    data = factory(**({"plan_uuid": UUID(int=0)} if consumer is LICENSED_ENROLLMENTS else {}))
    assert consumer.snapshot.to_data(Row(as_row(data))) == {name: data}


@pytest.mark.parametrize("status", ["unassigned", "revoked"])
def test_email_of_a_license_that_nobody_has_is_dropped(status):
    """It is no business of ours, not even in an event that waits."""
    row = as_row(LicenseFactory(status=status, user_email="learner@example.com"))
    assert snapshots.LICENSES.to_data(Row(row))["license"].user_email is None


def test_family_in_order(tmp_path, family):
    """Parents first; afterwards all agrees, also with what only the host has."""
    for consumer, data in family.items():
        assert run(backfill, tmp_path, consumer, as_row(data)).status == 0
    for consumer, data in family.items():
        ended = run(reconcile, tmp_path, consumer, as_row(data), options=["--complete"])
        assert (ended.status, ended.json["comparison"]["agree"]) == (0, 1)


def test_family_in_the_wrong_order(tmp_path, family):
    """Children wait and are told of; their parents bring them."""
    for consumer in reversed(list(family)):
        ended = run(backfill, tmp_path, consumer, as_row(family[consumer]))
        assert ended.status == (consumer is not SUBSCRIPTION_PLANS)
    assert LicensedEnrollment.objects.get().license.plan.plan_uuid == PLAN
    assert not ParkedEvent.objects.exists()


def test_deleted_row_is_not_extra(tmp_path, family):
    """A source doesn't have what was deleted there; the host says that it was."""
    for consumer, data in family.items():
        run(backfill, tmp_path, consumer, as_row(data))
    run(backfill, tmp_path, SUBSCRIPTION_PLANS, as_row(SubscriptionPlanFactory(title="Other")))
    SubscriptionPlan.objects.update(position=Position.at(TAKEN_AT - timedelta(days=1)))

    def extra():
        row = as_row(family[SUBSCRIPTION_PLANS])
        ended = run(reconcile, tmp_path, SUBSCRIPTION_PLANS, row, options=["--complete"])
        return ended.json["comparison"]["extra"]

    assert extra() == 1
    SubscriptionPlan.objects.filter(title="Other").update(status="deleted")
    assert extra() == 0


@pytest.mark.parametrize("consumer", FACTORIES, ids=lambda consumer: consumer.name)
@pytest.mark.parametrize("comes_first", ["event", "snapshot"])
@pytest.mark.parametrize("wins", ["event", "snapshot"])
def test_newer_state_wins(tmp_path, family, consumer, comes_first, wins):
    """Whatever it is about."""
    for parent in list(family)[: list(family).index(consumer)]:
        run(backfill, tmp_path, parent, as_row(family[parent]))
    field, says = {
        SUBSCRIPTION_PLANS: ("title", {"event": "event", "snapshot": "snapshot"}),
        LICENSES: ("status", {"event": "activated", "snapshot": "assigned"}),
        LICENSED_ENROLLMENTS: ("mode", {"event": "event", "snapshot": "snapshot"}),
    }[consumer]
    _, name, model = FACTORIES[consumer]
    event = make_event(
        consumer.snapshot.signal,
        time=TAKEN_AT + timedelta(seconds=1 if wins == "event" else -1),
        **{name: attrs.evolve(family[consumer], **{field: says["event"]})},
    )
    row = as_row(attrs.evolve(family[consumer], **{field: says["snapshot"]}))
    steps = [
        lambda: deliver(registry.get_room(ROOM), event),
        lambda: run(backfill, tmp_path, consumer, row),
    ]
    for step in steps if comes_first == "event" else reversed(steps):
        step()
    assert getattr(model._default_manager.get(), field) == says[wins]


@pytest.mark.parametrize(
    ("consumer", "field"),
    [
        (c, field.name)
        for c, (factory, *_) in FACTORIES.items()
        for field in attrs.fields(factory._meta.model)
        if (c, field.name) != (LICENSED_ENROLLMENTS, "plan_uuid")
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_field_that_is_not_there_is_named(tmp_path, consumer, field):
    """Also one that may be null: what a row leaves out would be wiped."""
    factory, _, model = FACTORIES[consumer]
    values = as_row(factory())
    del values[field]
    ended = run(backfill, tmp_path, consumer, values)
    assert (ended.status, ended.lines) == (1, [f"line 1: {field}: is not there"])
    assert not model._default_manager.exists()
