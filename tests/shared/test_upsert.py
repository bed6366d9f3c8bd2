"""The newest event wins its row, and every event's outcome is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from shared.outcomes import Outcome
from shared.records import Key, PositionedRecord
from shared.upsert import insert_or_update, upsert
from tests.rows import NOON, ReaderRecord, at, reader, shelf
from tests.testapp.models import Reader, Shelf

pytestmark = pytest.mark.django_db

APPLIED, UNCHANGED, STALE = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE
LATER = NOON + timedelta(hours=1)


def read(*records: PositionedRecord[Any], now: datetime = NOON) -> list[Outcome]:
    """Settle what events say of readers."""
    return upsert(Reader, records, now=now)


def row() -> dict[str, Any]:
    """Return the only reader's columns."""
    return dict(Reader.objects.values().get())


def begins_insert(sql: str) -> bool:
    """Return whether a statement is the first of those that insert new rows."""
    return sql.startswith("SAVEPOINT") or "DO NOTHING" in sql


def changes(before: dict[str, Any]) -> set[str]:
    """Return the names of the columns that differ from what they were."""
    now = row()
    return {name for name in now if now[name] != before[name]}


def test_first_event_makes_the_row():
    """Every column is as the event says, and the row remembers how far it is."""
    assert read(reader(5, 3, name="ada")) == [APPLIED]
    made = row()
    del made["id"]
    assert made == {
        "sync_key": "1",
        "number": 1,
        "books": 3,
        "seen_at": NOON + timedelta(seconds=5),
        "name": "ada",
        "is_member": False,
        "position": at(5),
        "filled_position": at(5),
        "created": NOON,
        "modified": NOON,
    }


def test_newer_event_wins():
    """A newer event that says something else changes the row and its time of change."""
    read(reader(1, 1))
    before = row()
    assert read(reader(2, 7), now=LATER) == [APPLIED]
    assert changes(before) == {"books", "seen_at", "position", "modified"}
    assert row()["books"] == 7


def test_older_event_is_stale():
    """An older event changes nothing at all."""
    read(reader(2, 7))
    before = row()
    assert read(reader(1, 1), now=LATER) == [STALE]
    assert changes(before) == set()


def test_newer_event_that_says_the_same_advances_the_position_only():
    """Neither ``modified`` nor the observed time moves."""
    read(reader(1, 7))
    before = row()
    assert read(reader(2, 7), now=LATER) == [UNCHANGED]
    assert changes(before) == {"position"}


def test_late_event_between_two_equal_ones_is_stale():
    """A at 1, A at 3, then B at 2 ends as A: the second A has moved the position."""
    read(reader(1, 7), reader(3, 7))
    assert read(reader(2, 0)) == [STALE]
    assert row()["books"] == 7


def test_redelivered_event_is_unchanged():
    """The same position again changes nothing, and says so."""
    read(reader(1, 7, name="ada"))
    before = row()
    assert read(reader(1, 7, name="ada"), now=LATER) == [UNCHANGED]
    assert changes(before) == set()


def test_ties_of_time_are_broken_by_source_and_offset():
    """Two events of one instant have a newer one, in any order of arrival."""
    assert read(reader(1, 7, offset=9)) == [APPLIED]
    assert read(reader(1, 1, offset=8)) == [STALE]
    assert read(reader(1, 2, source=1)) == [APPLIED]
    assert row()["books"] == 2


def test_event_that_does_not_know_never_blanks():
    """A newer event without the name leaves the name alone."""
    read(reader(1, 1, name="ada"))
    assert read(reader(2, 7)) == [APPLIED]
    assert (row()["name"], row()["books"]) == ("ada", 7)


def test_stale_event_fills_what_no_newer_one_knew():
    """The late event that knows the name gives it, and nothing else."""
    read(reader(2, 7))
    before = row()
    assert read(reader(1, 1, name="ada"), now=LATER) == [APPLIED]
    assert changes(before) == {"name", "is_member", "filled_position", "modified"}


def test_fill_only_field_follows_the_newest_event_that_knew():
    """Of two events that know the name, the newer one's stays."""
    read(reader(3, 7))
    assert read(reader(2, 1, name="lovelace"), reader(1, 1, name="ada")) == [APPLIED, STALE]
    assert row()["name"] == "lovelace"


def test_stale_event_that_knows_what_is_there_already_is_unchanged():
    """It moves the position of what is filled, so that an older name can't come back."""
    read(reader(1, 1, name="ada"), reader(4, 7))
    before = row()
    assert read(reader(3, 1, name="ada"), now=LATER) == [UNCHANGED]
    assert changes(before) == {"filled_position"}
    assert read(reader(2, 1, name="lovelace")) == [STALE]


def test_record_that_knows_some_of_its_fill_only_fields_is_an_error():
    """One position guards them all, so a mapper must know all or none."""
    half = ReaderRecord(number=1, books=1, seen_at=NOON, name="ada")
    with pytest.raises(TypeError, match="ReaderRecord knows some of its fill-only fields"):
        upsert(Reader, [PositionedRecord(half, at(1))], now=NOON)


def test_two_spellings_of_a_key_are_one_row():
    """Keys that a database might take for equal are equal; the newest spelling is kept."""
    records = [shelf("Poetry", second=1), shelf("POETRY", second=2)]
    assert upsert(Shelf, records, now=NOON) == [APPLIED, APPLIED]
    assert Shelf.objects.values_list("sync_key", "code").get() == ("poetry", "POETRY")


def test_long_keys_stay_apart():
    """Keys too long for their column don't become one row."""
    records = [PositionedRecord(_LongKey(code=code), at(1)) for code in ("a", "b")]
    assert upsert(Shelf, records, now=NOON) == [APPLIED, APPLIED]
    assert Shelf.objects.count() == 2


@dataclass(frozen=True)
class _LongKey:
    """A shelf whose key is too long for its column."""

    code: str

    @property
    def key(self) -> Key:
        """What identifies the row."""
        return ("x" * 300, self.code)


def test_nothing_to_do_takes_no_statement(django_assert_num_queries):
    """An empty batch doesn't touch the database."""
    with django_assert_num_queries(0):
        assert upsert(Shelf, [], now=NOON) == []


# ------------------------------------------------------------------ before a change


def note(row: Reader, record: ReaderRecord) -> None:
    """Keep, in a column that these records don't know, the number of books that a row leaves."""
    row.name = f"{row.name} {row.books}->{record.books}".strip()


def noted(*records: PositionedRecord[Any]) -> tuple[list[Outcome], str]:
    """Settle what events say of readers, and return what was noted."""
    ended = upsert(Reader, records, now=NOON, before_change=note)
    return ended, Reader.objects.get().name


def test_change_is_told_before_it_is_made():
    """With the row as it is and the record that it is about to follow; what is set is written."""
    assert noted(reader(1, 1)) == ([APPLIED], "")
    assert noted(reader(2, 7)) == ([APPLIED], "1->7")
    assert Reader.objects.get().books == 7


@pytest.mark.parametrize(
    ("second", "books", "outcome"), [(1, 1, UNCHANGED), (2, 1, UNCHANGED), (0, 7, STALE)]
)
def test_what_changes_nothing_is_not_told(second, books, outcome):
    """Neither the same again nor something older."""
    noted(reader(1, 1))
    assert noted(reader(second, books)) == ([outcome], "")


def test_every_change_within_a_batch_is_told():
    """In the order of the events, from the row that the batch makes on."""
    events = [reader(1, 1), reader(3, 7), reader(2, 9), reader(4, 7), reader(5, 2)]
    assert noted(*events) == ([APPLIED, APPLIED, STALE, UNCHANGED, APPLIED], "1->7 7->2")


def test_filling_is_no_change_that_is_told():
    """A stale event that fills what no newer one knew changes nothing of what it is compared by."""
    noted(reader(2, 7))
    assert noted(reader(1, 1, name="ada")) == ([APPLIED], "ada")


def test_change_of_a_row_that_appears_meanwhile_is_told_from_that_row():
    """Nothing is left over of the first attempt, which took the row for a new one."""

    def insert_before_ours(execute, sql, params, many, context):
        if begins_insert(sql) and not Reader.objects.exists():
            Reader.objects.create(
                sync_key="1", number=1, books=5, seen_at=NOON, name="", position=at(0)
            )
        return execute(sql, params, many, context)

    with connection.execute_wrapper(insert_before_ours):
        assert noted(reader(1, 1), reader(2, 7)) == ([APPLIED, APPLIED], "5->1 1->7")


# ------------------------------------------------------------------ another unique index


def test_new_row_that_meets_another_unique_index_is_an_error():
    """It isn't dropped in silence, nor written to the row that has the value."""
    upsert(Shelf, [shelf("one", "A")], now=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        upsert(Shelf, [shelf("two", "A", second=1)], now=NOON)
    assert Shelf.objects.values_list("label", "code").get() == ("one", "A")


def test_changed_row_that_meets_another_unique_index_is_an_error():
    """Neither of the two rows changes."""
    upsert(Shelf, [shelf("one", "A"), shelf("two", "B")], now=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        upsert(Shelf, [shelf("two", "A", second=1)], now=NOON)
    assert dict(Shelf.objects.values_list("label", "code")) == {"one": "A", "two": "B"}


def test_rows_that_match_each_other_are_written_once():
    """The last one counts; PostgreSQL would refuse the statement."""
    rows = [Shelf(sync_key="a", code="A", label=label) for label in ("first", "last")]
    insert_or_update(Shelf, rows, match=["sync_key"], update=["label"])
    assert Shelf.objects.get().label == "last"


# ------------------------------------------------------------------ statements


@pytest.mark.parametrize("size", [2, 50])
def test_new_rows_take_a_constant_number_of_statements(size, django_assert_num_queries):
    """Look or lock, savepoint, insert, release; PostgreSQL needs none: however many rows."""
    records = [shelf(str(number)) for number in range(size)]
    with django_assert_num_queries(2 if connection.vendor == "postgresql" else 4):
        assert upsert(Shelf, records, now=NOON) == [APPLIED] * size


@pytest.mark.parametrize("size", [2, 50])
def test_changed_rows_take_a_constant_number_of_statements(size, django_assert_num_queries):
    """Lock and write, on MariaDB look first: however many rows and events."""
    labels = [str(number) for number in range(size)]
    upsert(Shelf, [shelf(label) for label in labels], now=NOON)
    records = [shelf(label, f"new {label}", second=n) for label in labels for n in (1, 2)]
    with django_assert_num_queries(3 if connection.vendor == "mysql" else 2):
        assert upsert(Shelf, records, now=NOON) == [APPLIED, UNCHANGED] * size


@pytest.mark.parametrize("size", [2, 50])
def test_unchanged_rows_take_a_constant_number_of_statements(size, django_assert_num_queries):
    """One for their positions, beside one for the rows that change."""
    labels = [str(number) for number in range(size)]
    upsert(Shelf, [shelf(label) for label in labels], now=NOON)
    records = [shelf(label, second=1) for label in labels]
    records.append(shelf("0", "new", second=2))
    with django_assert_num_queries(4 if connection.vendor == "mysql" else 3):
        assert upsert(Shelf, records, now=NOON) == [*[UNCHANGED] * size, APPLIED]
    assert set(Shelf.objects.values_list("position", flat=True)) == {at(1), at(2)}


# ------------------------------------------------------------------ others meanwhile


def test_row_that_appears_meanwhile_is_followed():
    """Another worker's row that comes between the look and the insert is met as any other."""

    def insert_before_ours(execute, sql, params, many, context):
        if begins_insert(sql) and not Shelf.objects.exists():
            Shelf.objects.create(sync_key="a", label="a", code="theirs", position=at(2))
        return execute(sql, params, many, context)

    ours = [shelf("a", "older", second=1), shelf("b"), shelf("a", "newer", second=3)]
    with connection.execute_wrapper(insert_before_ours):
        assert upsert(Shelf, ours, now=NOON) == [STALE, APPLIED, APPLIED]
    assert dict(Shelf.objects.values_list("label", "code")) == {"a": "newer", "b": "b"}


def test_row_deleted_meanwhile_is_made_again():
    """A row that goes away between the look, or another's insert, and the lock isn't there."""
    upsert(Shelf, [shelf("A")], now=NOON)
    seen = []

    def delete_before_lock(execute, sql, params, many, context):
        seen.append(sql)
        if len(seen) == (2 if connection.vendor == "mysql" else 1):
            Shelf.objects.all().delete()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(delete_before_lock):
        assert upsert(Shelf, [shelf("A", second=1)], now=NOON) == [APPLIED]
    assert Shelf.objects.get().position == at(1)
