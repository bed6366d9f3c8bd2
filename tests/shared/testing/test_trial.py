"""A trial says what of a sample's rows would trouble some database."""

from __future__ import annotations

import pytest

from shared.testing import InMemoryBus
from shared.testing.trial import Trial, misfit
from tests.shared.testing import samples
from tests.testapp.models import Book, Shelf

BOOK = {
    "id": 1,
    "sync_key": "1",
    "isbn": "1",
    "title": "Emma",
    "price": 2**31 - 1,
    "shelf_id": "A",
    "position": None,
    "created": None,
    "modified": None,
}


@pytest.mark.parametrize(
    ("column", "value", "found"),
    [
        ("title", "x" * 50, ""),
        ("title", "x" * 51, "title"),
        ("title", "x\0", "title"),
        ("price", -(2**31), ""),
        ("price", 2**31, "price"),
        ("shelf_id", "x" * 20, ""),
        ("shelf_id", "x" * 21, "shelf_id"),
    ],
)
def test_value_that_not_every_database_takes(column, value, found):
    """SQLite would, whatever the column."""
    assert misfit(Book, BOOK | {column: value}) == found


@pytest.mark.django_db
def test_rows_that_do_not_fit_are_found(library):
    """In the sample's table."""
    trial = Trial(samples.SHELVES, InMemoryBus())
    Shelf.objects.create(sync_key="a", code="a", label="novels")
    assert trial.misfits() == []
    Shelf.objects.create(sync_key="b", code="b", label="no\0vels")
    assert trial.misfits() == ["label"]


@pytest.mark.django_db
def test_position_is_no_fact(library):
    """What the same event says later is the same, and the row has followed it."""
    trial = Trial(samples.SHELVES, InMemoryBus())
    trial.take(trial.event())
    facts, said = trial.facts(), trial.said()
    trial.take(trial.event(minute=1))
    assert trial.facts() == facts
    assert trial.said() != said
