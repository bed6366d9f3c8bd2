"""What databases do with a plain upsert, shown beside what becomes of the same events here.

The traps of ADR 0003. Those that only MariaDB sets are shown where the tests run on it.
"""

from __future__ import annotations

from math import nan
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from shared.models import DeadLetter
from shared.outcomes import Outcome
from shared.reactions import Reaction, reaction_to
from shared.upsert import insert_or_update, upsert
from tests.library import book, outcomes, settled
from tests.library import shelf as shelf_event
from tests.rows import NOON, at, reader, shelf
from tests.testapp.models import Book, Reader, Shelf

pytestmark = pytest.mark.django_db

MARIADB_ALONE = "MariaDB alone sets this trap."

APPLIED, STALE, DEAD = Outcome.APPLIED, Outcome.STALE, Outcome.DEAD


@pytest.fixture
def mariadb() -> None:
    """A trap that only MariaDB sets; most of them MySQL, too, which isn't among the servers."""
    if not getattr(connection, "mysql_is_mariadb", False):
        pytest.skip(MARIADB_ALONE)


def run(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Run a statement on the shelves or books and return what it returns."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []


def codes() -> dict[str, str]:
    """Return the shelves' codes by label."""
    return dict(Shelf.objects.values_list("label", "code"))


# ------------------------------------------------------------------ ON DUPLICATE KEY UPDATE


def test_on_duplicate_key_fires_on_any_unique_index(mariadb):
    """It writes to the row of another key, which happens to have the same code."""
    Shelf.objects.create(sync_key="one", label="one", code="A")
    two = Shelf(sync_key="two", label="two", code="A")
    insert_or_update(Shelf, [two], match=["sync_key"], update=["label"])
    assert Shelf.objects.values_list("sync_key", "label").get() == ("one", "two")


def test_new_row_that_meets_another_unique_index_changes_no_row():
    """It is an error, on every database, and the other row stays as it is."""
    upsert(Shelf, [shelf("one", "A")], now=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        upsert(Shelf, [shelf("two", "A", second=1)], now=NOON)
    assert codes() == {"one": "A"}


GUARDED = (
    "INSERT INTO testapp_shelf (sync_key, label, code, position, created, modified)"
    " VALUES (%s, %s, %s, %s, %s, %s) ON DUPLICATE KEY UPDATE {}"
)
CODE = "code = IF(VALUES(position) > position, VALUES(code), code)"
POSITION = "position = GREATEST(position, VALUES(position))"


def row(code: str, second: int) -> tuple[Any, ...]:
    """Return the values of the shelf "a" at a position."""
    return ("a", "a", code, str(at(second)), NOON.replace(tzinfo=None), NOON.replace(tzinfo=None))


def test_returning_gives_stale_rows_too(mariadb):
    """What it returns doesn't tell the events that were taken from those that weren't."""
    returning = GUARDED.format(f"{CODE}, {POSITION} RETURNING sync_key")
    assert run(returning, *row("new", 2)) == run(returning, *row("old", 1)) == [("a",)]
    assert codes() == {"a": "new"}


def test_every_outcome_is_known():
    """Whichever of the batch's events are stale."""
    upsert(Shelf, [shelf("a", "new", 2)], now=NOON)
    batch = [shelf("a", "old", 1), shelf("b"), shelf("a", "newest", 3), shelf("a", "older", 0)]
    assert upsert(Shelf, batch, now=NOON) == [STALE, APPLIED, APPLIED, STALE]


@pytest.mark.parametrize(
    ("assignments", "code"), [((CODE, POSITION), "new"), ((POSITION, CODE), "old")]
)
def test_assignments_see_those_before_them(mariadb, assignments, code):
    """A position that is assigned first guards the values against their own event."""
    statement = GUARDED.format(", ".join(assignments))
    run(statement, *row("old", 1))
    run(statement, *row("new", 2))
    assert codes() == {"a": code}


def test_values_and_positions_are_written_together():
    """Plain and fill-only ones, in whatever order the columns stand."""
    upsert(Reader, [reader(1, 1, name="ada")], now=NOON)
    upsert(Reader, [reader(2, 7, name="lovelace")], now=NOON)
    found = Reader.objects.get()
    assert (found.books, found.name) == (7, "lovelace")
    assert found.position == found.filled_position == at(2)


def test_insert_ignore_stores_bad_data_with_a_warning(mariadb):
    """So it isn't used; and the tests see the warning, which the driver keeps to itself."""
    statement = (
        "INSERT IGNORE INTO testapp_shelf (sync_key, label, code, position, created, modified)"
        " VALUES (%s, %s, %s, %s, %s, %s)"
    )
    with pytest.raises(pytest.fail.Exception, match="Data truncated for column 'code'"):
        run(statement, *row("x" * 21, 1))
    assert codes() == {"a": "x" * 20}


# ------------------------------------------------------------------ keys


def test_lookup_by_an_events_own_spelling_misses_its_row(mariadb):
    """The database takes both spellings for one, and a dictionary of its answers doesn't."""
    Shelf.objects.create(sync_key="a", label="Poésie", code="A")
    found = {row.label: row for row in Shelf.objects.filter(label__in=["POESIE"])}
    assert list(found) == ["Poésie"]


@pytest.mark.parametrize("spelling", ["Poetry", "POETRY", "poetry"])
def test_row_is_found_by_any_spelling_of_its_key(spelling):
    """The key that is stored and looked for is the folded one."""
    upsert(Shelf, [shelf("Poetry", "A")], now=NOON)
    assert upsert(Shelf, [shelf(spelling, "B", second=1)], now=NOON) == [APPLIED]
    assert codes() == {spelling: "B"}


def test_keys_that_differ_in_an_accent_are_two_rows():
    """Which the usual collations of MariaDB would take for one."""
    batch = [shelf("Poésie", "A"), shelf("Poesie", "B")]
    assert upsert(Shelf, batch, now=NOON) == [APPLIED, APPLIED]
    assert upsert(Shelf, [shelf("Poésie", "C", second=1)], now=NOON) == [APPLIED]
    assert codes() == {"Poésie": "C", "Poesie": "B"}


# ------------------------------------------------------------------ errors


BAD_TEXT = {
    "mysql": "UPDATE testapp_book SET title = X'FF'",
    "postgresql": "UPDATE testapp_book SET title = convert_from('\\xff', 'UTF8')",
}
"""SQLite stores any bytes."""


def error_of(statement: str, *values: Any) -> Exception:
    """Return the error that the database answers a statement on a book with."""
    upsert(Shelf, [shelf("a")], now=NOON)
    Book.objects.create(sync_key="1", isbn="1", title="Emma", shelf_id="a")
    with pytest.raises(DatabaseError) as raised, transaction.atomic():
        run(statement, *values)
    return raised.value


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("UPDATE testapp_book SET price = %s", -1),
        ("UPDATE testapp_book SET price = %s", nan),
        ("UPDATE testapp_book SET price = %s", None),
        ("UPDATE testapp_book SET sync_key = NULL WHERE isbn = %s", "1"),
    ],
    ids=["check", "nan", "null", "null-key"],
)
def test_value_that_no_row_may_have_is_data(statement, value):
    """Whatever the class of the error, it isn't waited out."""
    assert reaction_to(error_of(statement, value)) is Reaction.ISOLATE


@pytest.mark.parametrize(
    "statement",
    [
        None,
        "UPDATE testapp_book SET title = REPEAT('x', 51)",
        "UPDATE testapp_book SET price = 2147483647 + 1",
    ],
    ids=["bad-text", "too-long", "out-of-range"],
)
def test_value_that_its_column_cannot_hold_is_data(statement):
    """In strict mode MariaDB refuses it, as PostgreSQL does."""
    if connection.vendor == "sqlite":
        pytest.skip(HOLDS_ANYTHING)
    assert reaction_to(error_of(statement or BAD_TEXT[connection.vendor])) is Reaction.ISOLATE


HOLDS_ANYTHING = "SQLite's columns hold anything."


def test_drivers_class_for_a_failed_check_misleads(mariadb):
    """The code doesn't; Django mends the class of this one, and not that of bad text."""
    failed_check = error_of("UPDATE testapp_book SET price = -1")
    assert type(failed_check.__context__).__name__ == "OperationalError"
    assert reaction_to(failed_check) is Reaction.ISOLATE
    with pytest.raises(DatabaseError) as raised, transaction.atomic():
        run(BAD_TEXT["mysql"])
    assert type(raised.value).__name__ == "OperationalError"
    assert reaction_to(raised.value) is Reaction.ISOLATE


@pytest.mark.parametrize("text", ["Émile 📚", "x" * 50])
def test_unusual_text_is_stored_as_it_is(library, text):
    """Of more than three bytes a character, too, which MySQL's older utf8 can't hold."""
    assert outcomes(settled(library, shelf_event(), book("1", text))) == [APPLIED, APPLIED]
    assert Book.objects.get().title == text


@pytest.mark.parametrize("price", [-1, 2**40])
def test_event_with_a_value_that_cannot_be_stored_is_buried_alone(library, price):
    """And not waited for, though some drivers call it an operational error."""
    if connection.vendor == "sqlite" and price > 0:
        pytest.skip(HOLDS_ANYTHING)
    events = [shelf_event(), book("1"), book("2", "bad", price=price), book("3")]
    assert outcomes(settled(library, *events)) == [APPLIED, APPLIED, DEAD, APPLIED]
    assert DeadLetter.objects.count() == 1
