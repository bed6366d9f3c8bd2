"""A day of rooms as their workers would have kept it, for pages that show it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import sin
from typing import Any

from shared.consumer import Mode
from shared.metrics import LATENCY_BUCKETS
from shared.models import DeadLetter, OutcomeCount, ParkedEvent, WorkerMinute
from shared.states import State

MINUTE = timedelta(minutes=1)
DAY_OF_MINUTES = 24 * 60


def latencies(**counts: int) -> list[int]:
    """Return counts by bucket: ``early`` ones, ``late`` ones, and those ``beyond`` all buckets."""
    early, late = LATENCY_BUCKETS.index(0.25), LATENCY_BUCKETS.index(30)
    found = [0] * (len(LATENCY_BUCKETS) + 1)
    found[early], found[late], found[-1] = (counts.get(n, 0) for n in ("early", "late", "beyond"))
    return found


def work(
    room: str,
    *consumers: str,
    now: datetime,
    workers: tuple[str, ...] = ("host-1:7", "host-2:7"),
    minutes: int = DAY_OF_MINUTES,
    **said: Any,
) -> None:
    """Keep what workers of a room did in the minutes up to now; ``said`` is of all of them."""
    this_minute = now.replace(second=0, microsecond=0)
    # Of what is long ago every fifth minute is enough to see.
    starts = [this_minute - n * MINUTE for n in range(minutes) if n < 90 or n % 5 == 0]
    rows = [
        _minute(room, worker, start, now, number, said)
        for start in starts
        for number, worker in enumerate(workers)
    ]
    WorkerMinute.objects.bulk_create(rows, batch_size=500)
    counts = [
        count
        for start in starts
        for consumer in consumers
        for worker in workers
        for count in _counts(room, consumer, worker, start)
    ]
    OutcomeCount.objects.bulk_create(counts, batch_size=500)


def park_and_bury(room: str, consumer: str, *, now: datetime, count: int = 3) -> None:
    """Keep so many parked events and dead letters, the oldest hours and days old."""
    for number in range(count):
        place = {"topic": "topic", "partition": 0, "offset": number}
        identity: dict[str, Any] = {"room": room, "consumer": consumer, **place}
        ParkedEvent.objects.create(
            **identity,
            waiting_for="another",
            parked_at=now - timedelta(hours=2 + number),
            retry_at=now,
        )
        DeadLetter.objects.create(
            **identity, error="price: negative", buried_at=now - timedelta(days=1 + number)
        )


def _minute(
    room: str,
    worker: str,
    start: datetime,
    now: datetime,
    number: int,
    said: dict[str, Any],
) -> WorkerMinute:
    load = _load(start)
    seen_at = min(start + timedelta(seconds=59), now)
    known: dict[str, Any] = {
        "group": f"event-sync-{room}",
        "mode": Mode.LIVE,
        "started_at": now - timedelta(days=2),
        "seen_at": seen_at,
        "progress_at": seen_at,
        "state": State.RUNNING,
        "lag": {f"topic[{number}]": max(0, load - 300) * 4},
        "batches": 20,
        "messages": load,
        "latencies": latencies(early=load, late=load // 80),
    }
    return WorkerMinute(room=room, worker=worker, minute=start, **(known | said))


def _counts(room: str, consumer: str, worker: str, start: datetime) -> Iterator[OutcomeCount]:
    load = _load(start)
    yield OutcomeCount(
        room=room,
        consumer=consumer,
        worker=worker,
        minute=start,
        applied=load,
        unchanged=load // 4,
        stale=load // 30,
        filtered=load // 6,
        parked=start.minute % 7 - 2,
        dead=int(start.minute % 20 == 7),
    )


def _load(start: datetime) -> int:
    hours = start.timestamp() / 3600
    return int(250 + 150 * sin(hours / 4) + 80 * sin(hours * 7))
