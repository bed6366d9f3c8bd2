"""The tests' room keeps the contract of every consumer: a squad's test is three lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.consumer import Room
from shared.testing import ConsumerContract, Sample, registered
from tests.shared.testing import samples
from tests.testapp.checked import CHECKED_BOOKS, CHECKED_SHELVES
from tests.testapp.room import ROOM


@pytest.fixture(autouse=True)
def checked_library() -> Iterator[Room]:
    """The tests' room, registered."""
    with registered(ROOM, CHECKED_SHELVES, CHECKED_BOOKS) as room:
        yield room


def left_out(sample: Sample) -> set[str]:
    """Return the tests that a contract of this sample doesn't have."""
    contract = type("Contract", (ConsumerContract,), {"sample": sample})
    return {name for name in vars(contract) if name.startswith("test_")}


def test_contract_has_no_test_that_would_try_nothing():
    """None is skipped: a run without skipped tests has tried all that there is to try."""
    waits, filters = "test_child_waits_for_its_parent", "test_what_is_not_wanted_leaves_no_trace"
    assert left_out(samples.BOOKS) == set()
    assert left_out(samples.SHELVES) == {waits, filters}
    assert left_out(replace(samples.BOOKS, unwanted=())) == {filters}


def test_events_that_only_create_are_not_asked_to_change_rows():
    """By the route that their room declares."""
    route = replace(CHECKED_SHELVES.routes[0], creates_only=True)
    changing = left_out(samples.SHELVES)
    with registered("tests.creating", replace(CHECKED_SHELVES, name="creating", routes=(route,))):
        left = left_out(replace(samples.SHELVES, consumer="creating")) - changing
    assert left == {
        "test_older_event_is_ignored",
        "test_older_than_what_was_only_repeated_is_ignored",
        "test_same_fact_again_changes_nothing",
        "test_same_time_follows_the_place",
    }


ONE_STATE = replace(
    samples.SHELVES, data=lambda number, _: samples.shelf(number, 0), one_state=True
)


def test_events_of_one_state_are_asked_for_what_they_can_break():
    """Of two at one time either may win."""
    left = left_out(ONE_STATE) - left_out(samples.SHELVES)
    assert left == {"test_same_time_follows_the_place"}


class TestOneState(ConsumerContract):
    """Events that say no more than their key."""

    sample = ONE_STATE


class TestShelves(ConsumerContract):
    """Rows that refer to no others."""

    sample = samples.SHELVES


class TestBooks(ConsumerContract):
    """Rows that refer to shelves."""

    sample = samples.BOOKS
