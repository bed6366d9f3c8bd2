"""What can't be written is found and buried alone; what the database is to blame for isn't."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from shared.batches import Ignored
from shared.consumer import Consumer, Room, Route
from shared.exceptions import FatalError, TransientError, UnmappableEvent
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


@pytest.fixture
def locked(tmp_path: Path) -> Callable[[], Exception]:
    """Return what makes Django's error for a database that another process has locked."""
    file = tmp_path / "locked.sqlite3"
    first, second = (sqlite3.connect(file, timeout=0, isolation_level=None) for _ in range(2))
    first.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError, match="database is locked") as raised:
        second.execute("BEGIN EXCLUSIVE")
    first.close()
    second.close()

    def make() -> Exception:
        error = OperationalError(*raised.value.args)
        error.__cause__ = raised.value
        return error

    return make


@pytest.fixture
def fails_for(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what makes the books' destination raise for some titles."""
    write = testapp.write_books

    def fail(make_error: Callable[[], Exception], *wanted: str) -> None:
        def write_or_raise(records: Sequence[Any]) -> Any:
            if any(item.record.title in wanted for item in records):
                raise make_error()
            return write(records)

        monkeypatch.setattr(testapp, "write_books", write_or_raise)

    return fail


# ------------------------------------------------------------------ data


def test_poison_is_buried_and_its_neighbours_are_applied(library):
    """Only the database knows that a price can't be negative."""
    result = settled(library, shelf(), book("1"), book("2", SECRET, price=-1), book("3"))
    assert outcomes(result) == [APPLIED, APPLIED, DEAD, APPLIED]
    assert titles() == ["Emma", "Emma"]


def test_error_names_the_database_code_and_no_value(library):
    """Dead letters are listed where the payload may not be seen."""
    settled(library, shelf(), book("1", SECRET, price=-1))
    code = {"sqlite": "SQLITE_CONSTRAINT_CHECK", "postgresql": "23514"}[connection.vendor]
    error = DeadLetter.objects.get().error
    assert error == f"The event could not be settled: django.db.utils.IntegrityError ({code})."


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
    assert DeadLetter.objects.get().error == "The event could not be settled: ValueError."


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (UnmappableEvent("book.title", "is too long"), "book.title: is too long"),
        (KeyError(SECRET), "The event could not be settled: KeyError."),
        (KeyError(4711), "The event could not be settled: KeyError."),
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
    assert DeadLetter.objects.get().error == text


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


def test_destination_may_filter_and_park(library, monkeypatch):
    """A host's destination knows what neither filter nor mapper can."""
    answers = [Outcome.FILTERED, MissingParent("rooms", ("R1",))]
    monkeypatch.setattr(testapp, "write_shelves", lambda records: answers)
    assert outcomes(settled(library, shelf(), shelf())) == [Outcome.FILTERED, Outcome.PARKED]
    assert ParkedEvent.objects.get().waiting_for == "rooms:r1"


# ------------------------------------------------------------------ infrastructure


def test_transient_failure_writes_nothing(library, fails_for, locked):
    """Neither its own rows nor its neighbours' are there: the batch can come again."""
    fails_for(locked, SECRET)
    with pytest.raises(TransientError, match="SQLITE_BUSY") as raised:
        settled(library, shelf(), book("1"), book("2", SECRET), Ignored(shelf().message))
    assert SECRET not in str(raised.value)
    assert is_untouched()


def test_transient_failure_is_not_tried_event_by_event(library, fails_for, locked):
    """A database that is away isn't asked once for each event."""
    errors = [locked()]
    fails_for(errors.pop, SECRET)
    with pytest.raises(TransientError):
        settled(library, shelf(), book("1"), book("2", SECRET))
    assert errors == []


def test_transient_failure_of_a_destination_passes_through(library, fails_for):
    """A destination may say itself that something is out of reach."""
    fails_for(lambda: TransientError("The host is away."), SECRET)
    with pytest.raises(TransientError, match="The host is away"):
        settled(library, shelf(), book("2", SECRET))
    assert is_untouched()


def test_transient_failure_while_poison_is_isolated_writes_nothing(library, fails_for, locked):
    """Event by event, too, infrastructure is nobody's poison."""
    errors = [ValueError(), ValueError(), locked()]
    fails_for(lambda: errors.pop(0), "bug", SECRET)
    with pytest.raises(TransientError):
        settled(library, shelf(), book("1", "bug"), book("2", SECRET))
    assert is_untouched()


def test_isolated_event_that_alone_fails_transiently_is_buried(library, fails_for, locked):
    """After many tries, what fails while the others pass is poison."""
    fails_for(locked, SECRET)
    arrivals = (shelf(), book("1"), book("2", SECRET), book("3"))
    result = settled(library, *arrivals, isolate=True)
    assert outcomes(result) == [APPLIED, APPLIED, DEAD, APPLIED]
    assert "SQLITE_BUSY" in DeadLetter.objects.get().error


@pytest.mark.parametrize("others", [(), (book("1", price=-1),)])
def test_isolated_events_that_all_fail_are_not_buried(library, fails_for, locked, others):
    """While no other passes, a locked table is the likelier reason: the batch comes again."""
    fails_for(locked, SECRET)
    with pytest.raises(TransientError):
        settled(library, shelf(), *others, book("2", SECRET), isolate=True)
    assert is_untouched()


def test_isolated_batch_buries_bad_data_as_ever(library):
    """A batch that kept failing may hold common poison, too."""
    result = settled(library, shelf(), book("1"), book("2", price=-1), isolate=True)
    assert outcomes(result) == [APPLIED, APPLIED, DEAD]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("make_error", [OperationalError, ValueError])
def test_lost_transaction_is_transient_for_the_batch(library, fails_for, make_error):
    """MySQL rolls all back on a deadlock: what comes after it fails, and is no poison."""

    def roll_back() -> Exception:
        connection.cursor().execute("ROLLBACK")
        error: Exception = make_error()
        return error

    fails_for(roll_back, SECRET)
    with pytest.raises(TransientError):
        settled(library, shelf(), book("1"), book("2", SECRET), book("3"), isolate=True)
    assert is_untouched()


def test_missing_table_is_fatal(library, fails_for):
    """No event is to blame for a missing migration."""

    def query_nowhere() -> Exception:
        connection.cursor().execute("SELECT 1 FROM nowhere")
        raise AssertionError

    fails_for(query_nowhere, SECRET)
    with pytest.raises(FatalError, match=r"can't be settled: django\.db\.utils") as raised:
        settled(library, book("1", SECRET))
    assert "migrations" in raised.value.hint


def test_fatal_error_of_a_destination_passes_through(library, fails_for):
    """A destination may stop the worker, and its hint is kept."""
    fails_for(lambda: FatalError("Stop.", hint="Mend it."), SECRET)
    with pytest.raises(FatalError, match=r"^Stop\. Hint: Mend it\.$"):
        settled(library, shelf(), book("1", SECRET))
    assert is_untouched()
