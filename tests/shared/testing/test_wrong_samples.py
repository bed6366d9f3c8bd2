"""Who gives the contract a wrong sample is told what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from shared.consumer import Room
from shared.exceptions import ConfigurationError
from shared.testing import Sample, registered
from tests.shared.testing import samples
from tests.shared.testing.naive import BECOMES
from tests.shared.testing.test_naive import run
from tests.testapp.checked import CHECKED_BOOKS, CHECKED_SHELVES
from tests.testapp.events import ShelfData
from tests.testapp.models import Book
from tests.testapp.room import ROOM

SHELVES, BOOKS = samples.SHELVES, samples.BOOKS


@pytest.fixture(autouse=True)
def checked_library() -> Iterator[Room]:
    """The tests' room, registered."""
    with registered(ROOM, CHECKED_SHELVES, CHECKED_BOOKS) as room:
        yield room


def unwanted(number: int, state: int) -> dict[str, Any]:
    """Return a book that nobody wants."""
    return {"book": samples.book_called("unwanted", number, state)}


def too_long(number: int, state: int) -> dict[str, Any]:
    """Return a shelf whose code no column takes."""
    return {"shelf": ShelfData(code="x" * 99, label="Label")}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sample", "message"),
    [
        pytest.param(replace(BOOKS, parent=None), r"waits for .*right parent\?", id="no parent"),
        pytest.param(replace(BOOKS, data=unwanted), "doesn't want the sample's", id="unwanted"),
        pytest.param(replace(SHELVES, data=too_long), "shelf.code: is longer than", id="invalid"),
        pytest.param(replace(SHELVES, model=Book), "another table than", id="another table"),
        pytest.param(
            replace(SHELVES, data=lambda number, _: samples.shelf(number, 0)),
            "state 1, says nothing new.*say one_state=True if",
            id="one state",
        ),
    ],
)
def test_the_first_test_says_what_is_wrong(sample: Sample, message: str) -> None:
    """The others fail with it, and this one tells why."""
    with pytest.raises(AssertionError, match=message):
        run(sample, BECOMES)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"shelves": 1}, id="another name"),
        pytest.param({"shelf": samples.SHELVES}, id="another type"),
        pytest.param({"shelf": None}, id="none"),
        pytest.param(None, id="nothing"),
    ],
)
def test_data_of_another_event(data: Any) -> None:
    """They are refused when tests are collected, in one line that has the arguments' names."""
    sample = replace(SHELVES, data=lambda number, state: data)
    with pytest.raises(ConfigurationError, match=r"aren't those of .*shelf.*by name: shelf\."):
        sample.garbage()
