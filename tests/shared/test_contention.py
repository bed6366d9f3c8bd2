"""Workers that settle overlapping keys at the same time get through, and lose nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import count
from random import Random
from threading import Barrier
from time import sleep
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from shared import parking
from shared.batches import Arrival, Batch
from shared.conf import get_settings
from shared.consumer import Room
from shared.direct import decode_stored
from shared.exceptions import TransientError
from shared.messages import Event
from shared.models import DeadLetter, OutcomeCount, ParkedEvent
from shared.pipeline import settle
from tests.library import book, settled, shelf
from tests.processes import PATIENCE
from tests.testapp.models import Book, Shelf

WORKERS, BATCHES, BATCH_SIZE = 6, 4, 40
SHELVES, BOOKS, SECONDS = 6, 24, 100
MOST_ATTEMPTS = 5 * WORKERS
"""Each attempt but the last loses to a neighbour, which then has got through."""
START = timezone.now() - timedelta(hours=1)


class Worker:
    """Settles batches as the worker process does, and counts its attempts."""

    def __init__(self, room: Room, number: int) -> None:
        self._room, self._number = room, number
        self._random = Random(number)
        self.attempts: list[int] = []

    def settle(self, arrivals: Sequence[Arrival]) -> None:
        """Settle a batch, however often it takes."""
        name = f"worker-{self._number}"
        batch = Batch(room=self._room, group="g", worker=name, arrivals=tuple(arrivals))
        for attempt in count(1):
            isolate = attempt > get_settings().isolate_after_attempts
            try:
                settle(batch, now=timezone.now(), isolate=isolate, inspect=self._dawdle)
            except TransientError:
                sleep(get_settings().pause_after(attempt))
            else:
                self.attempts.append(attempt)
                return

    def settle_parked(self) -> None:
        """Settle what is parked until nothing is."""
        while ParkedEvent.objects.exists():
            later = timezone.now() + parking.LONGEST_PAUSE
            due = parking.due(self._room.name, ["test"], limit=BATCH_SIZE, now=later)
            self.settle(parking.arrivals_of(due, decode_stored))

    def _dawdle(self, _: object) -> None:
        """Hold the rows' locks while the neighbours run into them."""
        sleep(self._random.uniform(0, 0.02))

    def events(self) -> list[Event]:
        """Return events of books and shelves that the neighbours' are about, too."""
        return [self._event(number) for number in range(BATCHES * BATCH_SIZE)]

    def _event(self, number: int) -> Event:
        code = f"shelf {self._random.randrange(SHELVES)}"
        text = f"{self._number}.{number}"
        place: dict[str, Any] = {
            "time": START + timedelta(seconds=self._random.randrange(SECONDS)),
            "partition": self._number,
            "offset": number,
        }
        if self._random.random() < 0.1:
            return shelf(code, text, **place)
        return book(str(self._random.randrange(BOOKS)), text, code=code, **place)


def rows() -> dict[str, Any]:
    """Return what the tables hold: rows by kind and key, dead letters, and all that was counted."""
    counts: Counter[str] = Counter()
    for row in OutcomeCount.objects.values(*OutcomeCount.OUTCOMES):
        counts.update(row)
    return {
        "shelf": dict(Shelf.objects.values_list("code", "label")),
        "book": {row.isbn: (row.title, row.shelf_id) for row in Book.objects.all()},
        "dead": list(DeadLetter.objects.values_list("error", flat=True)),
        "counted": counts.total(),
    }


def model_of(events: Sequence[Event]) -> dict[str, Any]:
    """Return what the tables must hold after these events, without the code under test."""
    model: dict[str, Any] = {"shelf": {}, "book": {}, "dead": [], "counted": len(events)}
    for event in sorted(events, key=lambda event: event.position):
        if "shelf" in event.data:
            model["shelf"][event.data["shelf"].code] = event.data["shelf"].label
        else:
            data = event.data["book"]
            model["book"][data.isbn] = (data.title, data.code)
    return model


def test_overlapping_batches_end_as_their_newest_events_say(library, threads):
    """In few attempts each, every event counted once and none buried, at any isolation level."""
    workers = [Worker(library, number) for number in range(WORKERS)]
    streams = [worker.events() for worker in workers]
    together = Barrier(WORKERS, timeout=PATIENCE)
    found: dict[str, Any] = {}

    def work(worker: Worker, events: Sequence[Event]) -> Callable[[], None]:
        def settle_all() -> None:
            for start in range(0, len(events), BATCH_SIZE):
                together.wait()
                worker.settle(events[start : start + BATCH_SIZE])

        return settle_all

    def look() -> None:
        workers[0].settle_parked()
        found.update(rows())

    threads.run(*map(work, workers, streams))
    threads.run(look)
    assert found == model_of([event for events in streams for event in events])
    most = max(max(worker.attempts) for worker in workers)
    print(f"A batch needed up to {most} attempts.")
    assert most <= MOST_ATTEMPTS


def test_event_whose_row_is_locked_is_never_buried(library, threads, two_can_write):
    """However often it was tried, and though its neighbours are taken: the lock isn't its fault."""
    locked, tried = Barrier(2, timeout=PATIENCE), Barrier(2, timeout=PATIENCE)

    def prepare() -> None:
        settled(library, shelf("A"), shelf("B"))

    def hold_lock() -> None:
        with transaction.atomic():
            Shelf.objects.select_for_update().get(code="A")
            locked.wait()
            tried.wait()

    def settle_beside_it() -> None:
        locked.wait()
        set_lock_timeout()
        try:
            with pytest.raises(TransientError, match=r"\((55P03|1205)\)"):
                settled(library, shelf("B", "new"), shelf("A", "new"), shelf("C"), isolate=True)
            assert not DeadLetter.objects.exists()
            assert set(Shelf.objects.values_list("code", "label")) == {
                ("A", "novels"),
                ("B", "novels"),
            }
        finally:
            tried.wait()

    threads.run(prepare)
    threads.run(hold_lock, settle_beside_it)


def set_lock_timeout() -> None:
    """Wait for locks as shortly as the database can."""
    statement = {
        "postgresql": "SET lock_timeout = '100ms'",
        "mysql": "SET SESSION innodb_lock_wait_timeout = 1",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(statement)
