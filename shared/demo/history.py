"""What a room's model starts from: the events about each row, from the oldest to the newest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeAlias

from shared.demo.stream import Landed, Place, StockEvent

RowKey: TypeAlias = tuple[object, ...]


def histories(
    landed: Iterable[Landed], key_of: Callable[[StockEvent], RowKey]
) -> dict[RowKey, list[StockEvent]]:
    """Return each row's events in the order that decides, by time and then by place.

    Left out is what reaches no row: all that a kind says ends otherwise.
    """
    told: dict[RowKey, list[tuple[datetime, Place, StockEvent]]] = defaultdict(list)
    for planned, place in landed:
        event = planned.message
        if planned.kind.ends_as is None and isinstance(event, StockEvent):
            told[key_of(event)].append((event.metadata.time, place, event))
    # No two messages have one place, so the events themselves are never compared.
    return {key: [event for *_, event in sorted(events)] for key, events in told.items()}
