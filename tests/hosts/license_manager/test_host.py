"""What the destinations rely on, what they may be told, and what they tell a report."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from enterprise_license_sync.hosts import license_manager
from enterprise_license_sync.hosts.license_manager.host import LICENSE_MANAGER
from enterprise_license_sync.records import LicenseStatus, PlanStatus
from shared.checks import check_hosts
from shared.events.enterprise.signals import SUBSCRIPTION_PLAN_DELETED, SUBSCRIPTION_PLAN_RENEWED
from shared.outcomes import Outcome
from tests.hosts.license_manager.events import (
    CATALOG,
    CUSTOMER,
    EMAIL,
    END,
    LEARNER,
    OTHER_LICENSE,
    OTHER_PLAN,
    PLAN,
    START,
    at,
    enrollment,
    license_,
    outcomes,
    plan,
)
from tests.hosts.license_manager.rows import make_agreement, make_license, make_plan

DESTINATIONS: list[Any] = [getattr(license_manager, name) for name in license_manager.__all__]
ENROLLMENTS, LICENSES, PLANS = DESTINATIONS


def problems(configure: Any, **options: Any) -> list[str]:
    """Return what a destination says of options."""
    configure(**options)
    return [str(each) for destination in DESTINATIONS for each in destination.problems()]


@pytest.mark.parametrize("destination", DESTINATIONS)
def test_all_that_is_relied_on_is_there(destination):
    """In License Manager, or in what stands in for it."""
    assert list(destination.problems()) == []


def test_what_is_missing_is_named():
    """A model, a field and a function that another version hasn't got."""
    models = {"subscriptions.License": ("uuid", "seat"), "subscriptions.Seat": ()}
    other = replace(LICENSE_MANAGER, models=models, functions=("license_manager.nothing",))
    assert other.missing() == [
        "field subscriptions.License.seat",
        "model subscriptions.Seat",
        "function license_manager.nothing",
    ]


@pytest.mark.parametrize("item", ["", "00k", "00k0000000000000001", "000000000000000001", 5])
def test_line_item_that_license_manager_would_refuse_is_refused(configure, item):
    """Before an event comes, in the check."""
    [problem] = problems(configure, subscription_plans={"SALESFORCE_LINE_ITEM": item})
    assert "SALESFORCE_LINE_ITEM is none that License Manager takes" in problem
    assert [message.id for message in check_hosts()] == ["event_sync.E007"]


@pytest.mark.parametrize(
    ("consumer", "name", "value"),
    [
        ("subscription_plans", "MAKE_LICENSES", "no"),
        ("subscription_plans", "PRODUCT", "1"),
        ("subscription_plans", "PRODUCT", True),
        ("licenses", "FOLLOW_UP", 0),
    ],
)
def test_option_of_another_type_is_refused(configure, consumer, name, value):
    """The text "no" would be as good as True."""
    [problem] = problems(configure, **{consumer: {name: value}})
    assert name in problem
    assert [message.id for message in check_hosts()] == ["event_sync.E007"]


@pytest.mark.parametrize(
    "options",
    [
        {"subscription_plans": {"CREATE_PLANS": True}},
        {"licenses": {"CREATE_AGREEMENTS": True}},
        {"licensed_enrollments": {"FOLLOW_UP": True}},
    ],
)
def test_option_that_is_not_there_is_refused(configure, options):
    """Each consumer has its own."""
    [problem] = problems(configure, **options)
    assert "is not an option" in problem


def records(room: Any, *events: Any) -> list[Any]:
    """Return the records that the events become."""
    routes = {
        route.signal.event_type: route for consumer in room.consumers for route in consumer.routes
    }
    return [
        routes[event.metadata.event_type].to_record(event.data, event.metadata) for event in events
    ]


@pytest.mark.django_db
def test_report_reads_what_a_plan_is(room):
    """By the record's names; a plan that is as its event says has no other value."""
    make_agreement()
    make_plan(OTHER_PLAN, title="Next")
    event = plan(1, SUBSCRIPTION_PLAN_RENEWED, renewed_to_uuid=OTHER_PLAN)
    outcomes(room, event)
    [record, unknown] = records(room, event, plan(2, plan_uuid=OTHER_LICENSE, title="x" * 200))
    assert PLANS.held([record, unknown]) == [
        {
            "title": "Tests",
            "enterprise_customer_uuid": CUSTOMER,
            "enterprise_catalog_uuid": CATALOG,
            "start_date": START,
            "expiration_date": END,
            "desired_num_licenses": 10,
            "status": PlanStatus.ACTIVE,
            "renewed_to_id": OTHER_PLAN,
        },
        None,
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("told", "status"),
    [
        (plan(2, is_active=False), PlanStatus.INACTIVE),
        (plan(2, SUBSCRIPTION_PLAN_DELETED), PlanStatus.DELETED),
    ],
)
def test_report_reads_an_inactive_plan_as_its_event_calls_it(room, told, status):
    """License Manager has one word for both; a number that nobody wanted is that of licenses."""
    make_plan(desired_num_licenses=None)
    make_license()
    outcomes(room, told)
    [record] = records(room, told)
    [held] = PLANS.held([record])
    assert (held["status"], held["renewed_to_id"]) == (status, None)


@pytest.mark.django_db
def test_report_counts_licenses_where_no_number_is_wanted(room):
    """As the publisher of such a plan does."""
    make_plan(desired_num_licenses=None)
    make_license()
    [record] = records(room, plan(1, desired_num_licenses=1))
    [held] = PLANS.held([record])
    assert held["desired_num_licenses"] == 1


@pytest.mark.django_db
def test_report_reads_what_a_license_is(room):
    """An email as the record has it: in lower case, and of who has the license only."""
    make_plan()
    make_license(status="assigned", user_email=EMAIL.upper(), lms_user_id=LEARNER)
    revoked = {"status": "revoked", "user_email": EMAIL, "revoked_date": at(1)}
    make_license(OTHER_LICENSE, **revoked)
    events = (license_(0), license_(0, "deleted", license_uuid=OTHER_LICENSE))
    mine, gone, unknown = records(room, *events, license_(0, license_uuid=PLAN, plan_uuid=CUSTOMER))
    held, deleted, nothing = LICENSES.held([mine, gone, unknown])
    assert held == {
        "plan_id": PLAN,
        "status": LicenseStatus.ASSIGNED,
        "lms_user_id": LEARNER,
        "user_email": EMAIL,
        "assigned_date": None,
        "activation_date": None,
        "revoked_date": None,
        "renewed_to_id": None,
    }
    assert (deleted["status"], deleted["user_email"]) == (LicenseStatus.DELETED, "")
    assert nothing is None


@pytest.mark.django_db
def test_report_misses_no_enrollments(room):
    """License Manager keeps none."""
    [record] = records(room, enrollment(1))
    assert ENROLLMENTS.held([record]) == [Outcome.FILTERED]


@pytest.mark.django_db
def test_records_are_kept_in_what_license_manager_holds(room):
    """After an event the report finds no difference, in any column."""
    make_plan()
    revoked = license_(3, "revoked", activation_date=at(1))
    events = [plan(1, title="New"), license_(2, "activated"), revoked]
    outcomes(room, *events)
    for destination, event in ((PLANS, events[0]), (LICENSES, events[2])):
        [record] = records(room, event)
        [held] = destination.held([record])
        assert {name: getattr(record, name) for name in held} == dict(held)
