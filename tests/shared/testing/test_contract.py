"""The tests' room keeps the contract of every consumer: a squad's test is three lines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.consumer import Room
from shared.testing import ConsumerContract, registered
from tests.shared.testing import samples
from tests.testapp.checked import CHECKED_BOOKS, CHECKED_SHELVES
from tests.testapp.room import ROOM


@pytest.fixture(autouse=True)
def checked_library() -> Iterator[Room]:
    """The tests' room, registered."""
    with registered(ROOM, CHECKED_SHELVES, CHECKED_BOOKS) as room:
        yield room


class TestShelves(ConsumerContract):
    """Rows that refer to no others."""

    sample = samples.SHELVES


class TestBooks(ConsumerContract):
    """Rows that refer to shelves."""

    sample = samples.BOOKS
