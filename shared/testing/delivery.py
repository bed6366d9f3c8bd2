"""Delivery without a broker: it takes the worker's way from the signal on, in a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.utils import timezone

from shared import parking, registry
from shared.batches import Arrival, Batch, BatchResult
from shared.consumer import Consumer, Room
from shared.messages import Event, Message
from shared.pipeline import settle
from shared.receivers import ReceiverFailure, collecting, emit

MOST_PARKED = 1_000
"""So many parked events are retried at once."""


def deliver(room: Room, *arrivals: Arrival, now: datetime | None = None) -> BatchResult:
    """Emit the events among the arrivals, and settle all of them as one batch."""
    failures: list[ReceiverFailure] = []
    with collecting(room) as collection:
        for arrival in arrivals:
            if isinstance(arrival, Event):
                failures += emit(arrival, collection)
    batch = Batch(
        room=room,
        group=room.name,
        worker="tests",
        arrivals=arrivals,
        failures=tuple(failures),
    )
    return settle(batch, now=now or timezone.now())


def deliver_parked(
    room: Room, decode: Callable[[Message], Event], *, now: datetime | None = None
) -> BatchResult:
    """Settle the room's parked events that are due; they aren't emitted again."""
    now = now or timezone.now()
    due = parking.due(room.name, room.topics, limit=MOST_PARKED, now=now)
    return deliver(room, *parking.arrivals_of(due, decode), now=now)


@contextmanager
def registered(room_name: str, *consumers: Consumer) -> Iterator[Room]:
    """Register a room for the length of a block."""
    room = registry.register(room_name, *consumers)
    try:
        yield room
    finally:
        registry.unregister(room)
