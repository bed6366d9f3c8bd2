"""A row's history has what reached the row, in the order that decides."""

from __future__ import annotations

import pytest

from shared.demo.history import histories
from shared.demo.poison import unknown_type
from shared.demo.stream import Landed, Place
from shared.outcomes import Outcome


def one_row(_):
    """Return the one key that all books have here."""
    return ("A",)


def landed(*planned):
    """Let messages land one after another in one partition."""
    return [Landed(each, Place("books", 0, offset)) for offset, each in enumerate(planned)]


def test_events_are_told_by_time_whatever_their_place(book, plan):
    """The newest comes last."""
    old, new = book(1, minute=1), book(2, minute=2)
    assert histories(landed(plan(new), plan(old)), one_row) == {("A",): [old, new]}


def test_of_one_time_the_place_decides(book, plan):
    """The partition before the offset."""
    one, other, last = book(1), book(2), book(3)
    found = [
        Landed(plan(last), Place("books", 1, 0)),
        Landed(plan(other), Place("books", 0, 1)),
        Landed(plan(one), Place("books", 0, 0)),
    ]
    assert histories(found, one_row) == {("A",): [one, other, last]}


def test_each_row_has_its_own(book, plan):
    """By the key that the room's model finds in an event."""
    found = histories(landed(plan(book(1)), plan(book(2))), lambda e: (e.data["book"].isbn,))
    assert found == {("1",): [book(1)], ("2",): [book(2)]}


@pytest.mark.parametrize("outcome", [Outcome.FILTERED, Outcome.PARKED, Outcome.DEAD])
def test_what_ends_otherwise_is_no_part_of_it(book, plan, outcome):
    """Whatever it says."""
    assert not histories(landed(plan(book(1), ends_as=outcome)), one_row)


def test_what_is_no_stock_event_is_no_part_of_it(book, plan):
    """Nothing of a raw message reaches a row."""
    assert not histories(landed(plan(unknown_type(book(1)))), one_row)
