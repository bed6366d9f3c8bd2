"""Results, and events that have landed, as tests of the demo and of rooms' parts need them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from shared.demo.part import Part
from shared.demo.results import Result
from shared.demo.stream import Kind, Landed, Place, Planned, RawMessage, Run, StockEvent
from shared.messages import Message
from shared.outcomes import Outcome

STARTED = datetime(2026, 3, 4, tzinfo=UTC)
RUN = Run(events=10, seed=1, started=STARTED)

KEYS = [
    *("produced", "applied", "unchanged", "stale", "filtered", "ignored", "parked", "dead"),
    *("lost", "p50_ms", "p99_ms"),
]
"""What ``--json`` says of a room, and of all."""


def result(**changes: Any) -> Result:
    """Return a result of ten events, one of them lost."""
    outcomes = Counter({Outcome.APPLIED: 6, Outcome.STALE: 2, Outcome.DEAD: 1})
    values: dict[str, Any] = {
        "produced": 10,
        "outcomes": outcomes,
        "latencies": [1.0, 2.0, 3.04],
        "parked": 0,
        "rows": 5,
        "problems": [],
    }
    return Result(**{**values, **changes})


def planned(event: StockEvent | RawMessage, *, ends_as: Outcome | None = None) -> Planned:
    """Plan a message for the topic of books."""
    kind: Kind[object] = Kind(name="book", share=1, write=lambda _: event, ends_as=ends_as)
    return Planned(kind=kind, topic="books", message=event)


def landed(*events: StockEvent, ends_as: Outcome | None = None) -> list[Landed]:
    """Let events land one after another in one partition."""
    return [
        Landed(planned(event, ends_as=ends_as), Place("books", 0, offset))
        for offset, event in enumerate(events)
    ]


def message(place: Place) -> Message:
    """Return a message as it landed there."""
    return Message(
        topic=place.topic,
        partition=place.partition,
        offset=place.offset,
        key=b"A",
        value=b"Emma",
        headers=(("ce_id", b"1"), ("ce_type", None)),
        timestamp=STARTED,
    )


def at(event: StockEvent, second: float, **changes: Any) -> StockEvent:
    """Return an event at another time, so long after the run's start, with other values in it."""
    ((name, data),) = event.data.items()
    time = STARTED + timedelta(seconds=second)
    metadata = attrs.evolve(event.metadata, time=time)
    return replace(event, data={name: attrs.evolve(data, **changes)}, metadata=metadata)


def only_row(part: Part, *events: StockEvent) -> Mapping[str, object]:
    """Return the one row that a part's model says events lead to."""
    ((_, row),) = part.expected_rows(landed(*events)).items()
    return row
