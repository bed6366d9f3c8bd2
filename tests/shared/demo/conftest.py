"""What these tests share: planned messages about books, and performances of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from openedx_events.data import EventsMetadata

from shared.demo.part import Performance
from shared.demo.stream import Planned, Run, StockEvent
from tests.shared.demo.samples import planned
from tests.testapp.events import BOOK_CHANGED, BookData

Plan = Callable[..., Planned]
Perform = Callable[..., Performance]

ROOM: Any = SimpleNamespace(name="library", topics=("books",))
PART: Any = SimpleNamespace(
    expected_rows=lambda landed: {("A",): {}}, stored_rows=lambda run: {("A",): {}}
)


@pytest.fixture
def book() -> Callable[..., StockEvent]:
    """Make a book event; the number is its id, the minute its time."""

    def make(number: int = 1, minute: int = 0) -> StockEvent:
        return StockEvent(
            signal=BOOK_CHANGED,
            key_field="book.code",
            data={"book": BookData(code="A", isbn=str(number), title="Emma", price=1)},
            metadata=EventsMetadata(
                event_type=BOOK_CHANGED.event_type,
                id=UUID(int=number, version=4),
                time=datetime(2026, 3, 4, 0, minute, tzinfo=UTC),
            ),
        )

    return make


@pytest.fixture
def plan() -> Plan:
    """Plan a message for the topic of books."""
    return planned


@pytest.fixture
def perform() -> Perform:
    """Let a room perform planned messages; its table is as it should be."""

    def make(*stream: Planned) -> Performance:
        run = Run(events=len(stream), seed=1, started=datetime(2026, 3, 4, tzinfo=UTC))
        return Performance(room=ROOM, part=PART, run=run, stream=stream)

    return make
