"""Plans in License Manager are renewed by its own function, and once."""

from __future__ import annotations

from uuid import UUID

import pytest

from shared.events.enterprise.signals import SUBSCRIPTION_PLAN_RENEWED
from shared.outcomes import Outcome
from tests.hosts.license_manager.events import (
    END,
    LEARNER,
    OTHER_PLAN,
    PLAN,
    START,
    at,
    errors,
    license_,
    outcomes,
    plan,
    retry,
)
from tests.hosts.license_manager.rows import get_license, get_plan, make_plan, model, save
from tests.hosts.license_manager.test_licenses import give

pytestmark = pytest.mark.django_db

APPLIED, UNCHANGED, STALE = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE
PARKED = Outcome.PARKED


def renew(room, second, **fields):
    """Deliver the event that the plan was renewed, and return how it ended."""
    event = plan(second, SUBSCRIPTION_PLAN_RENEWED, renewed_to_uuid=OTHER_PLAN, **fields)
    return outcomes(room, event)


def follower(second=0, **fields):
    """Return an event of the plan that follows."""
    return plan(second, plan_uuid=OTHER_PLAN, title="Next", **fields)


def get_renewal():
    """Return the plan's renewal."""
    return model("SubscriptionPlanRenewal").objects.get(prior_subscription_plan=PLAN)


def test_renewal_waits_for_the_follower(room):
    """License Manager would make a plan of its own in its place."""
    make_plan()
    assert renew(room, 1) == [PARKED]
    assert outcomes(room, follower()) == [APPLIED]
    assert retry(room) == [APPLIED]
    assert get_renewal().renewed_subscription_plan_id == OTHER_PLAN
    assert model("SubscriptionPlan").objects.count() == 2


def test_renewal_whose_licenses_come_by_event_is_noted(room):
    """As processed, when it was; nobody's license is copied."""
    make_plan()
    outcomes(room, license_(0), follower(start_date=at(60)))
    assert renew(room, 1) == [APPLIED]
    renewal = get_renewal()
    assert (renewal.processed, renewal.processed_datetime) == (True, at(1))
    assert (renewal.effective_date, renewal.renewed_expiration_date) == (at(60), END)
    assert get_plan(OTHER_PLAN).num_licenses == 0


def test_plan_renewed_to_another_one_is_named(room):
    """Neither is the renewal undone nor is the event taken for done."""
    third = UUID(int=8)
    make_plan()
    outcomes(room, follower(), plan(0, plan_uuid=third, title="Third"))
    renew(room, 1)
    event = plan(2, SUBSCRIPTION_PLAN_RENEWED, renewed_to_uuid=third)
    assert errors(room, event) == [
        "subscription_plan.renewed_to_uuid: License Manager has renewed the plan to another one"
    ]
    assert get_renewal().renewed_subscription_plan_id == OTHER_PLAN


def test_renewal_is_processed_by_its_function_and_once(room, configure):
    """Processed again it would fail, or copy the licenses twice."""
    configure(subscription_plans={"MAKE_LICENSES": True})
    give("activated")
    outcomes(room, follower(desired_num_licenses=2))
    assert renew(room, 1) == [APPLIED]
    assert renew(room, 2) == [UNCHANGED]
    assert renew(room, 3, title="Other") == [APPLIED]
    assert get_renewal().processed
    held = get_plan(OTHER_PLAN).licenses.filter(status="activated")
    assert [each.lms_user_id for each in held] == [LEARNER]
    assert get_license().renewed_to_id == held.get().pk
    assert get_plan(OTHER_PLAN).num_licenses == 2


def test_renewal_that_license_manager_planned_is_processed(room, configure):
    """Its own record is used, and no second one made."""
    configure(subscription_plans={"MAKE_LICENSES": True})
    prior = make_plan()
    save(
        model("SubscriptionPlanRenewal")(
            prior_subscription_plan=prior,
            number_of_licenses=4,
            effective_date=START,
            renewed_expiration_date=at(60),
        )
    )
    outcomes(room, follower(desired_num_licenses=2))
    assert renew(room, 1) == [APPLIED]
    assert (get_renewal().processed, get_plan(OTHER_PLAN).num_licenses) == (True, 4)


def test_renewal_that_license_manager_processed_is_not_processed_again(room, tracked):
    """Whatever the event says besides."""
    prior, next_one = make_plan(), make_plan(OTHER_PLAN, title="Next")
    save(
        model("SubscriptionPlanRenewal")(
            prior_subscription_plan=prior,
            renewed_subscription_plan=next_one,
            number_of_licenses=4,
            effective_date=START,
            renewed_expiration_date=at(60),
            processed=True,
        )
    )
    assert renew(room, 1) == [UNCHANGED]
    event = plan(2, SUBSCRIPTION_PLAN_RENEWED, renewed_to_uuid=OTHER_PLAN, title="New")
    assert outcomes(room, event) == [APPLIED]
    assert (get_renewal().history.count(), tracked) == (1, [])


def test_renewal_that_license_manager_changed_later_stays(room):
    """An old event that names another follower is stale, where a new one is named."""
    third = UUID(int=8)
    prior, next_one = make_plan(), make_plan(OTHER_PLAN, title="Next")
    make_plan(third, title="Third")
    renewal = model("SubscriptionPlanRenewal")(
        prior_subscription_plan=prior,
        renewed_subscription_plan=next_one,
        number_of_licenses=4,
        effective_date=START,
        renewed_expiration_date=at(60),
        processed=True,
    )
    save(renewal, when=at(10))
    told = [plan(n, SUBSCRIPTION_PLAN_RENEWED, renewed_to_uuid=third) for n in (9, 11)]
    assert outcomes(room, told[0]) == [STALE]
    assert errors(room, told[1]) != [""]


def test_plan_that_license_manager_changed_later_is_renewed(room):
    """Its title stays, and its renewal is none of that."""
    row = make_plan()
    outcomes(room, follower())
    row.title = "By hand"
    save(row, when=at(10))
    assert renew(room, 9) == [APPLIED]
    assert (get_plan().title, get_renewal().processed) == ("By hand", True)
