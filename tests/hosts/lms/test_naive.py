"""The tests of the traps can fail: each naive way to end enrollments falls into its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import signature
from typing import Any

import pytest

from enterprise_license_sync.hosts.lms import licenses, plans
from shared.outcomes import Outcome
from tests.hosts.license_manager.events import license_
from tests.hosts.lms import naive, test_lms

pytestmark = pytest.mark.django_db

Trap = Callable[..., None]

ENDED: Trap = partial(
    test_lms.test_revoked_license_ends_its_enrollments,
    has_audit=True,
    mode="audit",
    is_active=True,
)
CHANGED_SINCE: Trap = partial(
    test_lms.test_enrollment_that_changed_since_is_left_alone, told=license_(5, "revoked")
)
CASES: dict[Callable[..., Any], list[Trap]] = {
    naive.update_by_query: [
        ENDED,
        CHANGED_SINCE,
        test_lms.test_completed_course_is_left_alone,
        test_lms.test_course_that_is_gone_is_no_hindrance,
    ],
    naive.revoke_only: [
        ENDED,
        CHANGED_SINCE,
        test_lms.test_completed_course_is_left_alone,
        test_lms.test_what_the_lms_refuses_buries_its_event_alone,
    ],
    naive.unenroll: [ENDED, test_lms.test_completed_course_is_left_alone],
    naive.end_what_has_changed: [
        CHANGED_SINCE,
        test_lms.test_change_is_read_from_the_history,
        test_lms.test_what_the_lms_refuses_buries_its_event_alone,
        test_lms.test_failure_of_the_database_is_no_fault_of_the_event,
        test_lms.test_code_of_a_failing_database_is_known,
    ],
    naive.end_what_was_ended: [test_lms.test_enrollment_that_was_ended_before_is_skipped],
    naive.end_all_of_the_learner: [
        test_lms.test_only_enrollments_that_this_license_paid_for_are_ended,
    ],
    naive.end_what_managers_show: [
        test_lms.test_learner_who_left_the_customer_is_ended_as_well,
    ],
    naive.end_one_by_one: [test_lms.test_licenses_are_asked_for_by_the_hundred],
}
"""The tests that each naive way fails."""


def cases(table: dict[Callable[..., Any], list[Trap]]) -> list[Any]:
    """Return the pairs of a table, named."""
    return [
        pytest.param(way, trap, id=f"{way.__name__}-{name_of(trap)}")
        for way, traps in table.items()
        for trap in traps
    ]


def name_of(trap: Trap) -> str:
    """Return what a test is about, by its name."""
    test: Any = trap.func if isinstance(trap, partial) else trap
    return str(test.__name__).removeprefix("test_")


def falls_into(trap: Trap, request: pytest.FixtureRequest) -> None:
    """Run a test of a trap with its fixtures; it fails."""
    wanted = [
        name for name, each in signature(trap).parameters.items() if each.default is each.empty
    ]
    arguments = {name: request.getfixturevalue(name) for name in wanted}
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        trap(**arguments)


@pytest.mark.parametrize(("way", "trap"), cases(CASES))
def test_naive_way_falls_into_its_trap(monkeypatch, request, way, trap):
    """Its test fails, with the naive way in the place of ours."""
    for module in (licenses, plans):
        monkeypatch.setattr(module, "end_enrollments", way)
    falls_into(trap, request)


@pytest.mark.parametrize(
    "trap",
    [
        test_lms.test_plan_that_is_not_over_ends_nothing,
        test_lms.test_follower_that_is_not_known_is_waited_for,
    ],
)
def test_clock_is_no_judge_of_an_end(monkeypatch, request, trap):
    """A plan whose end was put off ends nothing; one that is read late ends at its own time."""
    monkeypatch.setattr(plans.Family, "is_over", naive.is_over_by_the_clock)
    falls_into(trap, request)


@pytest.mark.parametrize(
    "trap", [test_lms.test_renewed_plan_ends_nothing_until_its_follower_is_over]
)
def test_plan_is_not_alone(monkeypatch, request, trap):
    """One that is renewed isn't over when it ends."""
    monkeypatch.setattr(plans.Family, "of", naive.alone)
    falls_into(trap, request)


@pytest.mark.parametrize(
    "trap",
    [
        test_lms.test_older_event_ends_nothing,
        test_lms.test_what_the_lms_refuses_is_not_ended_by_a_license_that_is_good_again,
    ],
)
def test_event_that_arrives_last_is_not_the_newest(monkeypatch, request, trap):
    """What is done for an event whose row has followed a newer one takes a good enrollment."""
    monkeypatch.setattr(licenses, "FOLLOWED", tuple(Outcome))
    falls_into(trap, request)
