"""Rows come back from the bulk forms as they were written, on every database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.db import DataError, connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared.bulk import Row, rows_of
from shared.bulk.postgresql import array_of
from tests.rows import NOON, at
from tests.shared.test_database_traps import HOLDS_ANYTHING
from tests.testapp.models import Parcel, Shelf

pytestmark = pytest.mark.django_db

EVERYTHING: dict[str, Any] = {
    "content": "text",
    "number": UUID(int=7),
    "weight": Decimal("-0.500"),
    "height": 1e-7,
    "sent_at": datetime(2026, 5, 1, 12, 0, 0, 7, tzinfo=timezone(timedelta(hours=-7))),
    "due_on": date(2026, 2, 28),
    "took": timedelta(days=3, microseconds=1),
    "label": bytes(range(256)),
    "stations": {"a": [1, None, 'quoted "\\" and {braces}']},
}
NOTHING: dict[str, Any] = dict.fromkeys(EVERYTHING) | {"stations": []}

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
example_by_example = settings(
    derandomize=True,
    deadline=None,
    max_examples=100,
    # Each example writes to the same rows.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def parcels(*columns: dict[str, Any]) -> dict[str, Row]:
    """Return new rows of these columns, with the key that is their number."""
    table = rows_of(Parcel)
    stamps = {"position": at(0), "created": NOON, "modified": NOON}
    return {
        str(number): table.new({"sync_key": str(number), **stamps, **each})
        for number, each in enumerate(columns)
    }


def stored(names: dict[str, Any]) -> list[dict[str, Any]]:
    """Return these columns of the rows, as their model has them."""
    rows = Parcel.objects.order_by("sync_key").values(*names)
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    """Return a value, in a type of its own that can be compared."""
    return bytes(value) if isinstance(value, memoryview) else value


@given(st.lists(st.none() | texts, min_size=1, max_size=9))
@example([None, "", "NULL", "null", "{}", "{a,b}", '"', "\\", "\\"])
@example(["a\nb\r\n", " ", ",", "%s", "%", "'", "\\x00", "é📚", "E'\\\\'"])
@example([None])
@example([""])
@example_by_example
def test_any_text_comes_back_as_it_was(contents):
    """Whatever a database, a driver or an array means by a character of it."""
    Parcel.objects.all().delete()
    columns = [{"content": content} for content in contents]
    table, rows = rows_of(Parcel), parcels(*columns)
    assert table.insert(rows) == set()
    assert stored({"content": None}) == columns
    for row in rows.values():
        row.content = (row.content or "") + "'"
    table.write(rows, ["content"])
    locked = table.lock(rows.keys())
    assert {key: row.content for key, row in locked.items()} == {
        key: row.content for key, row in rows.items()
    }


def test_every_kind_of_value_comes_back_as_it_was():
    """Those that the driver knows, those that their field prepares, and no value."""
    shelf = Shelf.objects.create(sync_key="a", code="A", position=at(0))
    columns = [{**EVERYTHING, "shelf_id": shelf.pk}, {**NOTHING, "shelf_id": None}]
    table = rows_of(Parcel)
    table.insert(parcels(*columns))
    assert stored(columns[0]) == columns
    locked = table.lock(["0", "1"])
    for model, row in zip(Parcel.objects.order_by("sync_key"), locked.values(), strict=True):
        assert [_plain(getattr(row, name)) for name in columns[0]] == [
            _plain(getattr(model, name)) for name in columns[0]
        ]
    for row, swapped in zip(locked.values(), reversed(columns), strict=True):
        vars(row).update(swapped)
    table.write(locked, [*columns[0]])
    assert stored(columns[0]) == columns[::-1]


def test_defaults_and_times_of_the_field_are_kept():
    """A column that nobody gives has its model's default, one that is always now has now."""
    before = datetime.now(UTC)
    rows_of(Parcel).insert(parcels({}))
    made = Parcel.objects.get()
    assert (made.stations, made.content) == ([], None)
    assert made.seen_at >= before


def test_columns_that_are_not_named_stay():
    """Only what is asked for is written, whatever else the row has."""
    table, rows = rows_of(Parcel), parcels(EVERYTHING)
    table.insert(rows)
    vars(rows["0"]).update(NOTHING)
    table.write(rows, ["weight"])
    assert stored(EVERYTHING) == [{**EVERYTHING, "weight": None}]


def test_text_of_a_row_is_its_key():
    """Rows get into logs, their personal data doesn't."""
    assert str(parcels(EVERYTHING)["0"]) == f"{parcels(EVERYTHING)['0']!r}" == "0"


def test_text_too_long_for_its_column_is_refused():
    """And not cut off, as by a cast to the column's type."""
    if connection.vendor == "sqlite":
        pytest.skip(HOLDS_ANYTHING)
    table = rows_of(Shelf)
    columns = {"sync_key": "a", "position": at(0), "created": NOON, "modified": NOON}
    rows = {"a": table.new({**columns, "code": "x" * 21, "label": ""})}
    with pytest.raises(DataError), transaction.atomic():
        table.insert(rows)
    rows["a"].code = "x"
    table.insert(rows)
    rows["a"].code = "x" * 21
    with pytest.raises(DataError), transaction.atomic():
        table.write(rows, ["code"])
    assert Shelf.objects.get().code == "x"


@pytest.mark.parametrize("texts", [["a\0b"], ["secret", "\0"], ["\0secret", None]])
def test_nul_is_refused_without_a_word_of_the_text(texts):
    """PostgreSQL stores none, and what puts an array together must not trip over one."""
    with pytest.raises(DataError, match=r"^A text contains a NUL character\.$"):
        array_of(texts)


def test_number_that_is_none_is_refused():
    """As by the model's field, though PostgreSQL would store it."""
    with pytest.raises(ValidationError), transaction.atomic():
        rows_of(Parcel).insert(parcels({"weight": Decimal("NaN")}))


def test_no_text_at_all_is_an_empty_array():
    """And not an array of one empty text."""
    assert [array_of([]), array_of([""]), array_of([None])] == ["{}", '{""}', "{NULL}"]
