"""A record whose parent row is there is written; of any other one it is said what it waits for."""

from __future__ import annotations

import pytest
from django.db import connection

from shared.outcomes import MissingParent, Outcome
from shared.parents import write_where_parent_is
from shared.records import PositionedRecord
from shared.upsert import upsert
from tests.rows import NOON, at
from tests.rows import shelf as shelf_record
from tests.testapp.models import Book, Shelf
from tests.testapp.room import BookRecord, ShelfRecord, write_books

pytestmark = pytest.mark.django_db

APPLIED, UNCHANGED, STALE = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE


def stand(*codes: str) -> None:
    """Put up shelves."""
    shelves = [PositionedRecord(ShelfRecord(code=code, label=""), at(0)) for code in codes]
    upsert(Shelf, shelves, now=NOON)


def book(code: str, isbn: str = "1", second: float = 0) -> PositionedRecord[BookRecord]:
    """Return what an event says of a book on a shelf."""
    record = BookRecord(isbn=isbn, title="Emma", price=1, shelf_id=code)
    return PositionedRecord(record, at(second))


def missing(code: str) -> MissingParent:
    """Return the answer for a book whose shelf isn't there."""
    return MissingParent("shelves", (code,))


def test_child_waits_for_its_parent():
    """Nothing is written, and the answer names who brings the parent, and its key."""
    assert write_books([book("A")]) == [missing("A")]
    assert not Book.objects.exists()


def test_child_is_written_where_its_parent_is():
    """The answer is that of the write."""
    stand("A")
    assert write_books([book("A", second=1)]) == [APPLIED]
    assert write_books([book("A", second=1)]) == [UNCHANGED]
    assert write_books([book("A")]) == [STALE]


def test_answers_keep_the_order_of_the_records():
    """Whether they were written or not."""
    stand("A", "C")
    records = [book(code, isbn) for code, isbn in zip("ABCBA", "01234", strict=True)]
    assert write_books(records) == [APPLIED, missing("B"), APPLIED, missing("B"), APPLIED]
    assert set(Book.objects.values_list("isbn", flat=True)) == {"0", "2", "4"}


def test_child_of_another_parent_waits_though_its_row_is_there():
    """A book that moves to a shelf that isn't there yet stays where it was."""
    stand("A")
    write_books([book("A")])
    assert write_books([book("B", second=1)]) == [missing("B")]
    assert Book.objects.get().shelf_id == "A"


def test_parent_is_found_by_its_key_without_case():
    """As its own row is."""
    stand("Poetry")
    found: list[PositionedRecord[BookRecord]] = []

    def write(records: list[PositionedRecord[BookRecord]]) -> list[Outcome]:
        found.extend(records)
        return [APPLIED] * len(records)

    records = [book("POETRY"), book("prose")]
    answers = write_where_parent_is(
        Shelf,
        records,
        consumer="shelves",
        parent_key=lambda record: (record.shelf_id,),
        write=write,
    )
    assert answers == [APPLIED, missing("prose")]
    assert found == records[:1]


def test_parent_is_asked_for_by_its_whole_key():
    """Not by a column that it happens to have, too: this shelf is known by its label."""
    upsert(Shelf, [shelf_record("novels", "A")], now=NOON)
    assert write_books([book("A")]) == [missing("A")]


@pytest.mark.parametrize("size", [1, 50])
def test_parents_are_looked_for_in_one_statement(size, django_assert_num_queries):
    """However many children and parents there are."""
    stand(*(str(number) for number in range(size)))
    records = [book(str(number), str(number)) for number in range(2 * size)]
    write_of_new_rows = 2 if connection.vendor == "postgresql" else 4
    with django_assert_num_queries(1 + write_of_new_rows):
        write_books(records)
    assert Book.objects.count() == size


def test_nothing_to_write():
    """No record, no answer."""
    assert write_books([]) == []
