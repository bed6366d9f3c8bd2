"""A room's numbers of now, each with the rows that it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any

from django.utils.safestring import SafeString

from shared.dashboard.rows import Rows
from shared.dashboard.scales import duration
from shared.depths import Depth
from shared.models import DeadLetter, ParkedEvent, WorkerMinute
from shared.status import HOUR, RATE_OVER, RoomStatus
from shared.times import minute_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A number with its name, and since when it is so, if that matters."""

    name: str
    text: SafeString | str
    since: datetime | None = None


def figures_of(status: RoomStatus, rows: Rows, now: datetime) -> Iterator[Figure]:
    """Yield a room's numbers in the order in which one asks for them."""
    minutes = _Minutes(status, rows, now)
    alive = sum(worker.is_alive for worker in status.workers)
    lag = "not known" if status.lag is None else f"{status.lag:,}"
    yield Figure(name="Workers alive", text=minutes.of_the_living(f"{alive}"))
    yield Figure(name="Lag, messages", text=minutes.of_the_living(lag))
    yield Figure(name="Messages/s", text=minutes.of_the_rate(f"{status.messages_per_second:,}"))
    yield Figure(name="Latency p50, p99", text=minutes.of_the_hour(_latency(status)))
    yield depth_figure("Parked", [c.parked for c in status.consumers], rows, room=status.room)
    yield depth_figure("Dead", [c.dead for c in status.consumers], rows, room=status.room)


def _latency(status: RoomStatus) -> str:
    if status.latency is None:
        return "not known"
    lates = (inf if late is None else late for late in status.latency.values())
    return ", ".join(map(duration, lates))


def depth_figure(name: str, depths: Iterable[Depth | None], rows: Rows, **filters: str) -> Figure:
    """Return how many are parked or dead, and since when the oldest is."""
    known = [depth for depth in depths if depth]
    text = f"{sum(depth.count for depth in known):,}"
    model = ParkedEvent if name == "Parked" else DeadLetter
    oldest = min((depth.oldest for depth in known), default=None)
    return Figure(
        name=name, text=rows.link(text, model, **filters) if known else text, since=oldest
    )


def worker_rows(status: RoomStatus, rows: Rows) -> Iterator[tuple[Any, ...]]:
    """Yield each worker with its name as a link and its lag as a text."""
    for worker in status.workers:
        name = rows.link(worker.worker, WorkerMinute, room=status.room, worker=worker.worker)
        lag = "not known" if worker.total_lag is None else f"{worker.total_lag:,}"
        yield worker, name, lag


@dataclass(frozen=True, slots=True)
class _Minutes:
    """The minutes of a room's workers that its numbers come from."""

    status: RoomStatus
    rows: Rows
    now: datetime

    def of_the_living(self, text: str) -> SafeString | str:
        seen = [worker.seen_at for worker in self.status.workers if worker.is_alive]
        return self._since(minute_of(min(seen)), text) if seen else text

    def of_the_rate(self, text: str) -> SafeString | str:
        return self._since(minute_of(self.now) - RATE_OVER, text)

    def of_the_hour(self, text: str) -> SafeString | str:
        return self._since(self.now - HOUR, text)

    def _since(self, start: datetime, text: str) -> SafeString | str:
        if not self.status.workers:
            return text
        return self.rows.link(text, WorkerMinute, room=self.status.room, minute__gte=start)
