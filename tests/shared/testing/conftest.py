"""What the tests of the kit share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from shared.consumer import Room
from shared.testing import registered
from tests.testapp.room import SHELVES


@pytest.fixture
def elsewhere(library: Room, settings: Any) -> Iterator[Room]:
    """A second room with the same event, which it expects on another topic."""
    destinations = settings.EVENT_SYNC["DESTINATIONS"]
    other = {"other-shelves": destinations["shelves"]}
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"DESTINATIONS": destinations | other}
    consumer = replace(SHELVES, name="other-shelves", topic="tests-elsewhere")
    with registered("tests.elsewhere", consumer) as room:
        yield room
