"""The comparison finds every way in which a run can be wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from shared.demo.part import AnyOf, Table
from shared.demo.stream import Landed, Place
from shared.demo.verification import (
    differing,
    miscounted,
    miskept,
    missing,
    shortened,
    unsettled,
)
from shared.outcomes import Outcome
from tests.shared.demo.samples import message

EXPECTED: Table = {("A", 1): {"title": "Emma", "year": AnyOf(frozenset({1815, 1816}))}}


@pytest.mark.parametrize("year", [1815, 1816])
def test_equal_tables_do_not_differ(year):
    """Any of the allowed values is right, and columns that the model doesn't know don't count."""
    assert not list(differing(EXPECTED, {("A", 1): {"title": "Emma", "year": year, "pk": 7}}))


@pytest.mark.parametrize(
    ("stored", "problem"),
    [
        ({("A", 1): {"title": "Persuasion", "year": 1815}}, "row A, 1: title is Persuasion"),
        ({("A", 1): {"title": "Emma", "year": 1817}}, "row A, 1: year is 1817"),
        ({}, "row A, 1 is not there"),
    ],
)
def test_a_differing_row_is_named(stored, problem):
    """A wrong value, a value outside the allowed ones, a missing row."""
    (found,) = differing(EXPECTED, stored)
    assert found.startswith(problem)


def test_a_row_too_many_is_named():
    """The model knows nothing of it."""
    stored: Table = {("A", 1): {"title": "Emma", "year": 1815}, ("B", 2): {}}
    assert list(differing(EXPECTED, stored)) == ["row B, 2 should not be there"]


def test_counts_as_planned_are_no_problem(book, plan, perform):
    """What a kind ends as is counted; where it depends on the row, only the sum."""
    performance = perform(plan(book(1)), plan(book(2), ends_as=Outcome.DEAD))
    assert not list(miscounted(performance, Counter({Outcome.STALE: 1, Outcome.DEAD: 1})))


@pytest.mark.parametrize(
    ("outcomes", "problem"),
    [
        ({Outcome.DEAD: 1}, "1 events have no outcome"),
        ({Outcome.APPLIED: 2, Outcome.DEAD: 1}, "1 events have two outcomes"),
        ({Outcome.APPLIED: 2}, "0 events ended as dead, 1 were to"),
        ({Outcome.PARKED: 1, Outcome.DEAD: 1}, "1 events ended as parked, 0 were to"),
        ({Outcome.FILTERED: 1, Outcome.DEAD: 1}, "1 events ended as filtered, 0 were to"),
    ],
)
def test_a_wrong_count_is_named(book, plan, perform, outcomes, problem):
    """An event unaccounted for, counted twice, or ended otherwise than planned."""
    performance = perform(plan(book(1)), plan(book(2), ends_as=Outcome.DEAD))
    assert list(miscounted(performance, Counter(outcomes))) == [problem]


def test_messages_that_never_landed_are_counted(book, plan):
    """The stock producer swallows its errors, so the broker's side counts."""
    stream = [plan(book(1)), plan(book(2))]
    landed = [Landed(stream[0], Place("books", 0, 0))]
    assert list(missing(stream, landed)) == ["1 of 2 messages never reached the broker"]


def test_uncommitted_messages_are_named(book, plan):
    """By place and kind."""
    landed = [Landed(plan(book(n)), Place("books", 0, n)) for n in (0, 1)]
    (problem,) = unsettled(landed, {Place("books", 0, 0): 1.0})
    assert problem == "books[0]@1 (book) was not committed"


@pytest.mark.parametrize(
    ("kept", "problems"),
    [
        ([1], []),
        ([], ["books[0]@1 (book) is kept as dead 0 times, not 1"]),
        ([1, 1], ["books[0]@1 (book) is kept as dead 2 times, not 1"]),
        ([1, 0], ["books[0]@0 (book) is kept as dead 1 times, not 0"]),
        ([1, 7], ["books[0]@7 (unplanned) is kept as dead 1 times, not 0"]),
        (
            [0],
            [
                "books[0]@1 (book) is kept as dead 0 times, not 1",
                "books[0]@0 (book) is kept as dead 1 times, not 0",
            ],
        ),
    ],
    ids=["as planned", "not kept", "kept twice", "a good one too", "nobody's", "swapped"],
)
def test_what_is_kept_otherwise_than_planned_is_named(book, plan, kept, problems):
    """Of a good message and a bad one, the bad one is to be kept, once."""
    stream = [plan(book(0)), plan(book(1), ends_as=Outcome.DEAD)]
    landed = [Landed(each, Place("books", 0, n)) for n, each in enumerate(stream)]
    hashes = {place: hash(message(place)) for _, place in landed}
    stored = [message(Place("books", 0, offset)) for offset in kept]
    assert list(miskept(Outcome.DEAD, landed, stored, hashes)) == problems


def test_a_message_that_is_not_kept_as_it_landed_is_named(book, plan):
    """To the byte."""
    place = Place("books", 0, 1)
    landed = [Landed(plan(book(1), ends_as=Outcome.PARKED), place)]
    hashes = {place: hash(message(place))}
    stored = [replace(message(place), value=b"Emma.")]
    (problem,) = miskept(Outcome.PARKED, landed, stored, hashes)
    assert problem == "books[0]@1 (book) is kept as parked, but not as it landed"


def test_many_problems_are_shortened():
    """The first ten, and how many more."""
    assert shortened(map(str, range(10))) == [*map(str, range(10))]
    assert shortened(map(str, range(12)))[9:] == ["9", "… and 2 more like these"]
