"""The tests' room in few words: its events, a batch of them settled, and what is left of it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from shared.batches import Arrival, Batch, BatchResult
from shared.consumer import Room
from shared.messages import Event
from shared.models import DeadLetter, OutcomeCount, ParkedEvent
from shared.outcomes import Outcome
from shared.pipeline import settle
from shared.testing import make_event
from tests.testapp.events import BOOK_CHANGED, SHELF_CHANGED, BookData, ShelfData
from tests.testapp.models import Book, Shelf

NOW = timezone.now().replace(second=30)
"""When events happen and batches are settled unless a test says otherwise."""

DIRECT: dict[str, Any] = {"topic": "", "partition": -1}
"""The place of an event that came through its signal alone: it is decoded without a registry."""


def shelf(code: str = "A", label: str = "novels", **event: Any) -> Event:
    """Return an event of a shelf; ``event`` goes to ``make_event``."""
    data = ShelfData(code=code, label=label)
    return make_event(SHELF_CHANGED, **{"time": NOW, "shelf": data, **event})


def book(
    isbn: str = "1", title: str = "Emma", *, code: str = "A", price: int = 1, **event: Any
) -> Event:
    """Return an event of a book on the shelf ``code``; ``event`` goes to ``make_event``."""
    data = BookData(code=code, isbn=isbn, title=title, price=price)
    return make_event(BOOK_CHANGED, **{"time": NOW, "book": data, **event})


def outcomes(result: BatchResult) -> list[Outcome]:
    """Return the outcomes of a batch, in order of arrival."""
    return [ending.outcome for ending in result.endings]


def settled(room: Room, *arrivals: Arrival, worker: str = "w", **how: Any) -> BatchResult:
    """Settle a batch of these arrivals; ``how`` goes to ``settle``."""
    batch = Batch(room=room, group="g", worker=worker, arrivals=arrivals)
    return settle(batch, **{"now": NOW, **how})


def is_untouched() -> bool:
    """Return whether no table that a batch may write has a row."""
    tables = (Shelf, Book, DeadLetter, ParkedEvent, OutcomeCount)
    return not any(table.objects.exists() for table in tables)
