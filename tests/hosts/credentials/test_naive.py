"""The tests of the traps can fail: each naive destination falls into those that are its own."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any, TypeAlias

import pytest
from django.db import connection

from credentials_grades_sync import mappers
from shared.outcomes import Outcome
from tests.hosts.credentials import naive, test_grades, test_learners, test_rest, test_runs
from tests.hosts.credentials.rows import grade

BETTER = test_grades.BETTER
Traps: TypeAlias = list[tuple[Callable[..., None], dict[str, Any]]]
"""Tests with their values, outcomes by name."""

CASES: dict[Callable[..., Any], Traps] = {
    naive.update_or_create: [
        (test_grades.test_redelivered_event_changes_nothing, {}),
        (test_grades.test_any_order_of_arrival_ends_in_the_same_row, {}),
        (test_grades.test_older_event_is_stale, {}),
        (test_grades.test_same_grade_again_moves_the_time_alone, {}),
        (test_grades.test_event_between_two_equal_ones_is_too_late, {}),
        (test_grades.test_summary_leaves_verified_alone, {}),
        (test_rest.test_newer_call_wins_over_a_late_event, {}),
        (test_rest.test_event_of_a_grade_that_was_posted_changes_nothing, {}),
        (test_runs.test_run_that_is_not_in_the_catalogue, {"keep": "all", "outcome": "PARKED"}),
        (test_runs.test_run_that_is_in_no_program, {"keep": "records", "outcome": "FILTERED"}),
        (
            test_runs.test_program_that_is_not_shown_counts_for_nothing,
            {"status": "deleted", "outcome": "FILTERED"},
        ),
        (test_runs.test_program_of_a_site_without_records_counts_for_nothing, {}),
        (test_runs.test_run_of_each_named_site_gets_the_grade, {}),
        (test_runs.test_run_of_each_course_gets_the_grade, {}),
        (test_runs.test_each_row_has_a_guard_of_its_own, {}),
        (test_learners.test_username_of_another_learner, {}),
        (
            test_learners.test_retired_username_does_not_return,
            {"second": 1, "fields": {}, "outcome": "STALE"},
        ),
        (test_learners.test_first_grade_of_a_retired_learner, {}),
    ],
    naive.update_by_query: [
        (test_grades.test_changed_grade_moves_modified, {}),
        (
            test_grades.test_row_without_a_time_is_older_than_any_event,
            {"fields": BETTER, "outcome": "APPLIED"},
        ),
        (
            test_grades.test_row_without_a_time_is_older_than_any_event,
            {"fields": {}, "outcome": "UNCHANGED"},
        ),
    ],
    naive.take_the_first_user: [
        (test_learners.test_learner_who_never_came_to_credentials, {}),
        (test_learners.test_learner_without_an_lms_user_id, {}),
        (test_learners.test_doubled_learner_is_who_has_the_name, {}),
        (test_learners.test_doubled_learner_is_nobody, {"event": grade}),
    ],
    naive.take_the_name: [
        (test_learners.test_username_of_another_learner, {}),
        (test_learners.test_summary_waits_for_its_learner, {}),
        (
            test_learners.test_retired_username_of_a_stranger_does_not_return,
            {"user": {}, "second": 1, "fields": {}},
        ),
        (test_learners.test_stranger_with_a_new_name_is_in_no_renamings_way, {}),
        (test_runs.test_site_that_is_not_named_gets_no_grade, {}),
    ],
    naive.know_keys_of_today: [
        (test_grades.test_other_kinds_of_keys, {"key": "edX/Tests/2026"}),
        (test_grades.test_other_kinds_of_keys, {"key": "ccx-v1:edX+Tests+2026+ccx@1"}),
    ],
}
"""The tests that each naive destination fails."""

_CASE: Traps = [
    (test_learners.test_username_in_other_case_is_the_same_learner, {"spelling": "Learner-7"}),
    (test_learners.test_two_spellings_in_one_batch_make_one_row, {}),
    (test_runs.test_key_in_other_case_is_the_same_run, {}),
]
_ACCENT: Traps = [(test_runs.test_accent_makes_another_run, {})]


@pytest.fixture
def fails(configure: Any, site: Any, settings: Any, request: Any) -> Callable[..., None]:
    """See that a test fails, with a naive destination in the place of ours."""

    def fails(write: Callable[..., Any] | None, trap: Callable[..., None], **values: Any) -> None:
        if write:
            configure_naive(settings, write)
        if "outcome" in values:
            values["outcome"] = Outcome[values["outcome"]]
        names = [name for name in signature(trap).parameters if name not in values]
        fixtures = {name: request.getfixturevalue(name) for name in names}
        if "configure" in fixtures:
            fixtures["configure"] = lambda **options: None  # the naive ones have none
        with pytest.raises(AssertionError):
            trap(**fixtures, **values)

    return fails


def configure_naive(settings: Any, write: Callable[..., Any]) -> None:
    """Let the room write by another destination."""
    path = f"{write.__module__}.{write.__qualname__}"
    destinations = {**settings.EVENT_SYNC["DESTINATIONS"], "user-grades": path}
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "DESTINATIONS": destinations}


@pytest.mark.parametrize(
    ("write", "trap", "values"),
    [
        pytest.param(
            write, trap, values, id=f"{write.__name__}-{trap.__name__.removeprefix('test_')}"
        )
        for write, traps in CASES.items()
        for trap, values in traps
    ],
)
def test_naive_destination_falls_into_its_trap(write, trap, values, fails):
    """Its test fails, with the naive destination in the place of ours."""
    fails(write, trap, **values)


@pytest.mark.parametrize("number", range(len(_CASE)))
def test_text_that_the_database_compares(number, fails):
    """MySQL takes too much for equal, and the others too little: each falls into its own trap."""
    traps = _ACCENT if connection.vendor == "mysql" else _CASE
    trap, values = traps[number % len(traps)]
    fails(naive.compare_as_the_database_does, trap, **values)


@pytest.mark.parametrize("sent", [0.12345, 0.1 + 0.2])
def test_percent_that_is_not_rounded(sent, fails, monkeypatch):
    """It differs from the stored value each time."""
    monkeypatch.setattr(mappers, "_percent", naive.percent_as_it_comes)
    trap = test_grades.test_percent_is_rounded_before_it_is_compared_or_written
    fails(None, trap, sent=sent, stored=None)


@pytest.mark.parametrize("percent", [1.00001, -0.1])
def test_percent_that_is_none(percent, fails, monkeypatch):
    """The column takes it."""
    monkeypatch.setattr(mappers, "_percent", naive.percent_as_it_comes)
    fails(None, test_grades.test_percent_that_is_none_is_buried, percent=percent)
