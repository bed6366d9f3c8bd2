"""A trial says what of a sample's rows would trouble some database."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from shared.testing import InMemoryBus
from shared.testing.trial import Trial, misfit
from tests.shared.testing import samples
from tests.testapp.models import Book

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


def test_rows_that_do_not_fit_are_found():
    """In the sample's table, which is made up here: not every database could hold these."""
    rows = [BOOK, BOOK | {"title": "x\0"}, BOOK | {"price": 2**31}]
    table: Any = SimpleNamespace(
        _meta=Book._meta, _default_manager=SimpleNamespace(values=lambda: rows)
    )
    sample = replace(samples.BOOKS, model=table)
    assert Trial(sample, InMemoryBus()).misfits() == ["title", "price"]


@pytest.mark.django_db
def test_event_comes_on_the_topic_of_the_sample_s_consumer(elsewhere):
    """Another room may have it from another topic."""
    trial = Trial(replace(samples.SHELVES, consumer="other-shelves"), InMemoryBus())
    (ending,) = trial.endings(trial.event())
    assert (ending.consumer, ending.message.topic) == ("other-shelves", "tests-elsewhere")


@pytest.mark.django_db
def test_position_is_no_fact(library):
    """What the same event says later is the same, and the row has followed it."""
    trial = Trial(samples.SHELVES, InMemoryBus())
    trial.take(trial.event())
    facts, said = trial.facts(), trial.said()
    trial.take(trial.event(minute=1))
    assert trial.facts() == facts
    assert trial.said() != said
