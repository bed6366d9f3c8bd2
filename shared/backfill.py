"""Brings a snapshot's events into a room by the way of all events: filters, guard, dead letters.

It may run beside the worker: the position decides which of two events of a row is newer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from os import getpid

from django.utils import timezone

from shared import connections
from shared.batches import Batch, BatchResult, Ending
from shared.conf import get_settings
from shared.consumer import Consumer, Mode, Room
from shared.direct import settle_parked, worker_name
from shared.exceptions import ConfigurationError, TransientError
from shared.flood import FloodBreaker
from shared.messages import NO_TOPIC, Event
from shared.models import ParkedEvent
from shared.modes import consumers_in
from shared.outcomes import Outcome
from shared.pipeline import settle


class Backfill:
    """Settles events for one consumer of a room, and knows how they ended.

    ``wait`` pauses for so many seconds and returns False if it was told to stop.
    """

    def __init__(self, room: Room, consumer: Consumer, wait: Callable[[float], bool]) -> None:
        live = consumers_in(room, Mode.LIVE)
        if consumer not in live:
            raise ConfigurationError(
                f"Consumer {consumer.name!r} is in shadow: nothing is written for it.",
                hint="Take it out of EVENT_SYNC['MODES'] first.",
            )
        get_settings().destination_of(consumer.name)
        self.outcomes: Counter[Outcome] = Counter()
        self._live = Room(room.name, live)
        self._room = Room(room.name, (consumer,))
        self._wait = wait
        self._breaker = FloodBreaker()

    def waiting(self) -> int:
        """Return how many such events wait for a row of another consumer, those of before too."""
        (consumer,) = self._room.consumers
        found = ParkedEvent.objects.filter(room=self._room.name, consumer=consumer.name)
        return found.filter(topic=NO_TOPIC).count()

    def settle(self, events: Sequence[Event]) -> Sequence[Ending]:
        """Settle events as one batch and return how they ended, in order.

        While the database is away it is tried again, for so long as a worker would before it
        settled them one by one. Raises ``TransientError`` after that, or ``FatalError``.
        """
        if not events:
            return ()
        last = get_settings().isolate_after_attempts
        for attempt in range(last + 1):
            try:
                return self._settle(events, attempt, isolate=attempt == last)
            except TransientError:
                if attempt == last or not self._wait(get_settings().pause_after(attempt + 1)):
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _settle(self, events: Sequence[Event], attempt: int, *, isolate: bool) -> Sequence[Ending]:
        connections.refresh(is_retry=attempt > 0)
        batch = Batch(
            room=self._room,
            group=get_settings().group_of(self._room.name),
            worker=worker_name(getpid()),
            arrivals=tuple(events),
        )
        result = settle(batch, now=timezone.now(), isolate=isolate, inspect=self._breaker.inspect)
        self._breaker.record(result.endings)
        self._note(result)
        return result.endings

    def settle_parked(self) -> None:
        """Settle what of this room waits and may go on now. Raises as ``settle`` does.

        Not all of it need be of this run: another consumer's events may have waited for its rows.
        """
        while result := settle_parked(self._live):
            self._note(result)
            if not result.woken:
                return

    def _note(self, result: BatchResult) -> None:
        (consumer,) = self._room.consumers
        self.outcomes.update(
            ending.outcome for ending in result.endings if ending.consumer == consumer.name
        )
