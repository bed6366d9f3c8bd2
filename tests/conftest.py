"""What the tests share: the tests' room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.consumer import Room
from shared.testing import registered


@pytest.fixture
def library() -> Iterator[Room]:
    """The tests' room, registered."""
    from tests.testapp.room import BOOKS, ROOM, SHELVES

    with registered(ROOM, SHELVES, BOOKS) as room:
        yield room
