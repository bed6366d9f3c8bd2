"""The tests of the traps can fail: each naive destination falls into those that are its own."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

import pytest

from tests.hosts.discovery import naive, test_contract, test_traps

CASES: dict[Callable[..., Any], list[Callable[..., None]]] = {
    naive.update_or_create: [
        test_traps.test_objects_hides_drafts,
        test_traps.test_next_publish_would_revert_the_row_that_was_left_out,
        test_traps.test_rows_that_nobody_linked,
        test_traps.test_save_publishes_to_marketing_unless_suppressed,
        test_traps.test_key_in_another_case,
        test_traps.test_run_of_another_partner,
    ],
    naive.update_by_query: [
        test_traps.test_update_by_query_would_skip_history_and_caches,
        test_traps.test_upgrade_deadlines_move_with_the_end,
        test_traps.test_save_drops_overrides_of_seats_only_when_the_end_moves,
        test_traps.test_run_without_a_type,
    ],
    naive.save_plainly: [
        test_contract.test_newer_event_that_says_the_same_saves_nothing,
        test_contract.test_only_the_row_that_differs_is_saved,
        test_traps.test_save_publishes_to_marketing_unless_suppressed,
        test_traps.test_upgrade_deadlines_move_with_the_end,
        test_traps.test_ecommerce_hears_of_a_new_end,
    ],
    naive.save_unpublished: [
        test_traps.test_save_mails_when_a_draft_changes_its_status,
        test_traps.test_objects_hides_drafts,
        test_traps.test_studio_publishes_where_no_publisher_does,
        test_traps.test_run_without_a_type,
    ],
    naive.save_as_it_comes: [
        test_contract.test_older_event_is_stale,
        test_traps.test_event_time_repeats,
    ],
}
"""The tests that each naive destination fails."""


@pytest.mark.parametrize(
    ("write", "trap"),
    [
        pytest.param(write, trap, id=f"{write.__name__}-{trap.__name__.removeprefix('test_')}")
        for write, traps in CASES.items()
        for trap in traps
    ],
)
def test_naive_destination_falls_into_its_trap(write, trap, partner, use, request):
    """Its test fails, with the naive destination in the place of ours."""
    use(write)
    arguments = {name: request.getfixturevalue(name) for name in signature(trap).parameters}
    with pytest.raises(AssertionError):
        trap(**arguments)


@pytest.mark.parametrize(
    ("write", "trap", "value"),
    [
        (
            naive.save_unpublished,
            test_traps.test_status_is_never_forced_under_publisher,
            "reviewed",
        ),
        (naive.save_what_is_known, test_traps.test_date_that_is_now_empty_clears_its_column, "end"),
    ],
)
def test_naive_destination_falls_into_its_trap_with_a_value(write, trap, value, partner, send, use):
    """The same for tests that take a value."""
    use(write)
    with pytest.raises(AssertionError):
        trap(partner, send, value)
