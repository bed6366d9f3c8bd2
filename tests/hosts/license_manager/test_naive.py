"""The tests of the traps can fail: each naive destination falls into those that are its own."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

import pytest

from tests.hosts.license_manager import (
    naive,
    test_emails,
    test_follow_ups,
    test_licenses,
    test_plans,
    test_renewals,
    test_traps,
)
from tests.hosts.license_manager.events import EMAIL
from tests.hosts.license_manager.test_follow_ups import BrokerAway, asked

__all__ = ["asked"]

pytestmark = pytest.mark.django_db

Case = Callable[..., None] | tuple[Callable[..., None], dict[str, Any]]
"""A test, with the values that it takes."""

_RETIRED = {"status": "activated", "retire": test_traps.retire_as_expired, "consumed": False}
_REVOKED = {"before": "activated", "told": "activated", "applied": 1}
_SWAP = {"order": (0, 1), "together": True}

PLANS: dict[Callable[..., Any], list[Case]] = {
    naive.upsert_plans: [
        test_traps.test_bulk_write_would_skip_validation,
        test_traps.test_bulk_write_would_skip_history,
        test_plans.test_each_change_leaves_its_history,
    ],
    naive.save_plans: [
        test_traps.test_bulk_write_would_skip_validation,
        test_traps.test_deleted_plan_does_not_come_back,
        test_plans.test_plan_that_says_so_already_is_left_alone,
        test_plans.test_later_change_by_license_manager_stays,
        (test_plans.test_only_what_license_manager_changed_later_stays, {"late": True}),
        test_renewals.test_renewal_waits_for_the_follower,
    ],
    naive.save_plans_with_their_end: [
        test_traps.test_expiration_processed_is_not_among_the_written_columns,
    ],
    naive.process_the_end_of_plans: [
        (test_traps.test_expired_plan_is_left_to_expire_subscriptions, {"processed": False}),
    ],
    naive.make_agreements: [test_traps.test_missing_agreement_or_plan_is_waited_for],
    naive.renew_each_time: [
        test_renewals.test_renewal_is_processed_by_its_function_and_once,
        test_renewals.test_renewal_that_license_manager_processed_is_not_processed_again,
    ],
    naive.make_licenses_on_commit: [
        test_follow_ups.test_few_licenses_are_made_with_their_plan,
        test_follow_ups.test_many_licenses_are_asked_for_before_and_after_the_commit,
    ],
}
"""The tests that each naive destination of plans fails."""

LICENSES: dict[Callable[..., Any], list[Case]] = {
    naive.upsert_licenses: [
        test_traps.test_bulk_write_would_skip_validation,
        test_traps.test_bulk_write_would_skip_history,
        (test_emails.test_learner_has_one_license_of_a_plan, {"email": EMAIL}),
        (test_follow_ups.test_revocation_goes_through_its_function, _REVOKED),
        (
            test_traps.test_customers_are_told_of_a_license_once,
            {"status": "assigned", "told": ["created", "assigned"]},
        ),
    ],
    naive.save_licenses: [
        (test_emails.test_learner_has_one_license_of_a_plan, {"email": EMAIL.upper()}),
        (test_emails.test_two_licenses_swap_their_emails, _SWAP),
        test_emails.test_second_license_without_an_email_is_told_by_its_field,
        test_traps.test_assigning_waits_for_the_lock_of_license_manager,
        test_traps.test_admins_cannot_assign_amid_a_batch,
        (test_follow_ups.test_revocation_goes_through_its_function, _REVOKED),
        test_follow_ups.test_revocation_beyond_the_cap_is_refused,
        test_traps.test_email_in_another_spelling_is_the_same,
        (test_traps.test_retired_license_gets_no_email_back, _RETIRED),
        test_traps.test_license_that_was_retired_elsewhere_is_forgotten,
        test_traps.test_deleted_license_does_not_come_back,
        test_traps.test_customers_are_told_of_what_is_committed,
        test_licenses.test_given_license_can_be_activated,
        test_licenses.test_later_change_by_license_manager_stays,
    ],
    naive.save_licenses_as_they_come: [test_licenses.test_older_event_is_stale],
    naive.find_licenses_by_email: [
        test_traps.test_changed_email_is_taken_by_the_license_s_id,
    ],
    naive.tell_of_each_event: [
        (
            test_traps.test_customers_are_told_of_a_license_once,
            {"status": "assigned", "told": ["created", "assigned"]},
        ),
        test_traps.test_customers_are_not_told_of_what_was_done_elsewhere,
    ],
    naive.revoke_with_follow_up_inside: [
        (
            test_follow_ups.test_follow_up_that_is_broken_takes_nothing_back,
            {"error": ValueError("x")},
        ),
    ],
}
"""The tests that each naive destination of licenses fails."""


def cases(by_write: dict[Callable[..., Any], list[Case]]) -> list[Any]:
    """Return a parameter for each naive destination and each test that it fails."""
    return [
        pytest.param(
            write, *_split(case), id=f"{write.__name__}-{_split(case)[0].__name__[len('test_') :]}"
        )
        for write, tests in by_write.items()
        for case in tests
    ]


def _split(case: Case) -> tuple[Callable[..., None], dict[str, Any]]:
    return case if isinstance(case, tuple) else (case, {})


def run(trap: Callable[..., None], values: dict[str, Any], request: Any) -> None:
    """Run a test with its values and fixtures."""
    names = set(signature(trap).parameters) - values.keys()
    trap(**values, **{name: request.getfixturevalue(name) for name in names})


@pytest.mark.parametrize(("write", "trap", "values"), cases(PLANS))
def test_naive_plans_fall_into_their_trap(write, trap, values, use, request):
    """Its test fails, with the naive destination in the place of ours."""
    use("subscription-plans", write)
    with pytest.raises(AssertionError):
        run(trap, values, request)


@pytest.mark.parametrize(("write", "trap", "values"), cases(LICENSES))
def test_naive_licenses_fall_into_their_trap(write, trap, values, use, request):
    """The same for licenses."""
    use("licenses", write)
    with pytest.raises(AssertionError):
        run(trap, values, request)


@pytest.mark.parametrize(
    ("consumer", "write", "trap", "values"),
    [
        (
            "licenses",
            naive.revoke_with_follow_up_on_commit,
            test_follow_ups.test_follow_up_is_not_lost_while_the_broker_is_away,
            {"error": BrokerAway()},
        ),
        (
            "subscription-plans",
            naive.make_licenses_on_commit,
            test_follow_ups.test_many_licenses_are_not_lost_while_the_broker_is_away,
            {},
        ),
    ],
)
def test_what_is_done_on_commit_is_lost_with_the_broker(
    consumer, write, trap, values, use, request
):
    """Nothing is raised, so nothing is tried again."""
    use(consumer, write)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        run(trap, values, request)
