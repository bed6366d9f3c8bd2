"""What these tests share: planned messages about books."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from openedx_events.data import EventsMetadata

from shared.demo.stream import Kind, Planned, RawMessage, StockEvent
from shared.outcomes import Outcome
from tests.testapp.events import BOOK_CHANGED, BookData

Plan = Callable[..., Planned]


@pytest.fixture
def book() -> Callable[..., StockEvent]:
    """Make a book event; the number is its id."""

    def make(number: int = 1) -> StockEvent:
        return StockEvent(
            signal=BOOK_CHANGED,
            key_field="book.code",
            data={"book": BookData(code="A", isbn=str(number), title="Emma", price=1)},
            metadata=EventsMetadata(
                event_type=BOOK_CHANGED.event_type,
                id=UUID(int=number, version=4),
                time=datetime(2026, 3, 4, tzinfo=UTC),
            ),
        )

    return make


@pytest.fixture
def plan() -> Plan:
    """Plan a message for the topic of books."""

    def make(message: StockEvent | RawMessage, *, ends_as: Outcome | None = None) -> Planned:
        kind: Kind[object] = Kind(name="book", share=1, write=lambda _: message, ends_as=ends_as)
        return Planned(kind=kind, topic="books", message=message)

    return make
