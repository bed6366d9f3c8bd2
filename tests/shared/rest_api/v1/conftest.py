"""Rows that the API can show and repair."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from shared.consumer import Room
from shared.models import DeadLetter, ParkedEvent
from tests.operators import bury_a_book, park_a_book


@pytest.fixture(autouse=True)
def _nobody_has_asked_yet() -> Iterator[None]:
    """The cache counts requests."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def letter(library: Room) -> DeadLetter:
    """A dead letter that a replay would settle."""
    return bury_a_book(library)


@pytest.fixture
def parked(library: Room) -> ParkedEvent:
    """A parked event."""
    return park_a_book(library)
