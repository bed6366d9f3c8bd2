"""What can't be written is found and buried alone, and its neighbours are applied."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from shared.consumer import Consumer, Room, Route
from shared.exceptions import FatalError, PoisonError, UnmappableEvent
from shared.models import DeadLetter, ParkedEvent
from shared.outcomes import MissingParent, Outcome
from tests.library import book, is_untouched, outcomes, settled, shelf
from tests.testapp import room as testapp
from tests.testapp.models import Book, Shelf

pytestmark = pytest.mark.django_db

APPLIED, DEAD = Outcome.APPLIED, Outcome.DEAD
SECRET = "Persuasion"


def titles() -> list[str]:
    """Return the titles of the books that are there."""
    return sorted(Book.objects.values_list("title", flat=True))


def test_poison_is_buried_and_its_neighbours_are_applied(library):
    """Only the database knows that a price can't be negative."""
    result = settled(library, shelf(), book("1"), book("2", SECRET, price=-1), book("3"))
    assert outcomes(result) == [APPLIED, APPLIED, DEAD, APPLIED]
    assert titles() == ["Emma", "Emma"]


def test_error_names_the_database_code_the_place_and_no_value(library):
    """Dead letters are listed where the payload may not be seen."""
    settled(library, shelf(), book("1", SECRET, price=-1))
    code = {"sqlite": "SQLITE_CONSTRAINT_CHECK", "postgresql": "23514", "mysql": "4025"}[
        connection.vendor
    ]
    assert re.fullmatch(
        rf"The event could not be settled: django\.db\.utils\.IntegrityError \({code}\), "
        r"raised at [\w.]+:\d+\.",
        DeadLetter.objects.get().error,
    )


def test_collision_on_another_unique_index_is_buried(library):
    """The row that holds the value isn't written to, and the neighbours are."""
    Shelf.objects.create(sync_key="other", code="A", label="untouched")
    result = settled(library, shelf("A"), shelf("B"))
    assert outcomes(result) == [DEAD, APPLIED]
    assert Shelf.objects.get(code="A").label == "untouched"


def test_destination_that_fails_on_one_record_buries_that_one(library, fails_for):
    """A bug that meets data it didn't expect is found event by event."""
    fails_for(lambda: ValueError(SECRET), SECRET)
    result = settled(library, shelf(), book("1"), book("2", SECRET), book("3"))
    assert outcomes(result) == [APPLIED, APPLIED, DEAD, APPLIED]
    assert DeadLetter.objects.get().error.startswith(
        "The event could not be settled: ValueError, raised at tests.shared.conftest:"
    )


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (UnmappableEvent("book.title", "is too long"), "book.title: is too long"),
        (KeyError(SECRET), "The event could not be settled: KeyError, raised at"),
        # It is to be pure: what looks like the network's fault would come again for ever.
        (TimeoutError(SECRET), "The event could not be settled: TimeoutError, raised at"),
        (KeyError(4711), "The event could not be settled: KeyError, raised at"),
    ],
)
@pytest.mark.parametrize("part", ["accept", "to_record"])
def test_filter_or_mapper_that_raises_buries_its_event(library, part, error, text):
    """A mapper names the field; whatever else it raises is named by its class alone."""

    def fail(data: Any, metadata: Any) -> Any:
        if data["book"].title == SECRET:
            raise error
        return testapp.to_book(data, metadata)

    room = Room(library.name, (testapp.SHELVES, _with(testapp.BOOKS, **{part: fail})))
    result = settled(room, shelf(), book("1"), book("2", SECRET))
    assert outcomes(result) == [APPLIED, APPLIED, DEAD]
    found = DeadLetter.objects.get().error
    assert found.startswith(text)
    assert SECRET not in found
    assert "4711" not in found


def _with(consumer: Consumer, **changes: Any) -> Consumer:
    routes: tuple[Route, ...] = tuple(replace(route, **changes) for route in consumer.routes)
    return replace(consumer, routes=routes)


@pytest.mark.django_db(transaction=True)
def test_foreign_key_that_leads_nowhere_buries_its_event_alone(library, monkeypatch):
    """The database checks it at the commit, where it would take the whole batch along."""
    write = testapp.write_books

    def write_then_lose_the_shelf(records: Sequence[Any]) -> Any:
        results = write(records)
        Book.objects.filter(title=SECRET).update(shelf_id=4711)
        return results

    monkeypatch.setattr(testapp, "write_books", write_then_lose_the_shelf)
    result = settled(library, shelf(), book("1"), book("2", SECRET), book("3"))
    assert outcomes(result) == [APPLIED, APPLIED, DEAD, APPLIED]
    assert titles() == ["Emma", "Emma"]


@pytest.mark.parametrize(
    "answer",
    [
        lambda results: results[:-1],
        lambda results: [*results, APPLIED],
        lambda results: None,
        lambda results: [None, *results[1:]],
        lambda results: ["applied", *results[1:]],
        lambda results: [Outcome.PARKED, *results[1:]],
        lambda results: [DEAD, *results[1:]],
    ],
    ids=["too-few", "too-many", "none", "a-none", "a-text", "parked", "dead"],
)
def test_destination_that_does_not_answer_is_fatal(library, monkeypatch, answer):
    """Nothing is known of such a batch, so nothing is written."""
    write = testapp.write_shelves
    monkeypatch.setattr(testapp, "write_shelves", lambda records: answer(write(records)))
    with pytest.raises(FatalError, match="destination of shelves didn't answer for each") as raised:
        settled(library, shelf("A"), shelf("B"))
    assert "MissingParent" in raised.value.hint
    assert is_untouched()


def test_destination_may_bury_without_undoing(library, monkeypatch):
    """It has told others of what it did; neither that nor its neighbours are done again."""
    write, calls = testapp.write_shelves, []

    def write_and_refuse(records: Sequence[Any]) -> list[Any]:
        calls.append(len(records))
        return [PoisonError("Nobody lends it."), *write(records)[1:]]

    monkeypatch.setattr(testapp, "write_shelves", write_and_refuse)
    assert outcomes(settled(library, shelf("A"), shelf("B"))) == [DEAD, APPLIED]
    assert DeadLetter.objects.get().error == "Nobody lends it."
    assert sorted(Shelf.objects.values_list("code", flat=True)) == ["A", "B"]
    assert calls == [2]


def test_destination_may_filter_and_park(library, monkeypatch):
    """A host's destination knows what neither filter nor mapper can."""
    answers = [Outcome.FILTERED, MissingParent("rooms", ("R1",))]
    monkeypatch.setattr(testapp, "write_shelves", lambda records: answers)
    assert outcomes(settled(library, shelf(), shelf())) == [Outcome.FILTERED, Outcome.PARKED]
    assert ParkedEvent.objects.get().waiting_for == "rooms:r1"
