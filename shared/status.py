"""How the rooms are: what workers, counts, parked events and dead letters say together.

Read from the database, so any process of the service can ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from shared import depths
from shared.conf import get_settings
from shared.consumer import Mode, Room
from shared.depths import Depth
from shared.metrics import LATENCY_BUCKETS
from shared.models import OutcomeCount, WorkerMinute
from shared.modes import parts, room_in
from shared.pausing import is_paused
from shared.states import ENDED
from shared.times import minute_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RATE_OVER = timedelta(minutes=5)
_SIGNS_MISSED = 6
"""After so many intervals without a sign of life a worker counts as gone."""

AskLag = Callable[[str, Sequence[str]], int | None]
"""Asks the broker for the lag of a group on topics (without prefix). Raises ``FatalError``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerStatus:
    """What a worker last said of itself."""

    worker: str
    state: str
    reason: str
    started_at: datetime
    seen_at: datetime
    progress_at: datetime
    lag: Mapping[str, int] | None
    is_alive: bool

    @property
    def total_lag(self) -> int | None:
        """Messages of its partitions that are not committed yet, if that is known."""
        return None if self.lag is None else sum(self.lag.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsumerStatus:
    """How a consumer's events ended, and what it has parked and buried.

    Without a name: events that no consumer has seen, ignored ones with them. The counts are net:
    those of ``parked`` and ``dead`` are below zero where more were repaired than came.
    """

    consumer: str
    last_hour: Mapping[str, int]
    last_day: Mapping[str, int]
    parked: Depth | None
    dead: Depth | None

    def in_last_hour(self, outcome: str) -> int:
        """Return a count for a person, to whom fewer than none says nothing."""
        return max(0, self.last_hour.get(outcome, 0))

    def in_last_day(self, outcome: str) -> int:
        """Return the same of the last day."""
        return max(0, self.last_day.get(outcome, 0))


@dataclass(frozen=True, kw_only=True, slots=True)
class RoomStatus:
    """A room's consumers of one mode, and the workers that run them."""

    room: str
    mode: str
    group: str
    is_paused: bool
    lag: int | None
    messages_per_second: float
    """Over the last five minutes."""
    latency: Mapping[str, float | None] | None
    """Of the last hour's events, in seconds, by percentile; ``None`` is later than all buckets."""
    workers: tuple[WorkerStatus, ...]
    consumers: tuple[ConsumerStatus, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return asdict(self)


def statuses(
    rooms: Iterable[Room], *, now: datetime, ask_lag: AskLag | None = None
) -> list[RoomStatus]:
    """Return how rooms and their shadows are; without ``ask_lag`` by what their workers say."""
    return [status_of(room, mode, now=now, ask_lag=ask_lag) for room, mode in parts(rooms).values()]


def status_of(
    room: Room, mode: Mode, *, now: datetime, ask_lag: AskLag | None = None
) -> RoomStatus:
    """Return how a room's consumers of a mode are. Raises ``FatalError`` if ``ask_lag`` does."""
    settings = get_settings()
    part = room_in(room, mode)
    group = settings.group_of(room.name, mode)
    minutes = _minutes(part.name, now)
    workers = tuple(_workers(minutes, now))
    # One that was killed is alive until it is missed: beside it is the one that has its partitions.
    alive = sorted((each for each in workers if each.is_alive), key=lambda each: each.seen_at)
    consumers = tuple(_consumers(part, now))
    is_off = is_paused(part.name)
    return RoomStatus(
        room=part.name,
        mode=mode,
        group=group,
        is_paused=is_off,
        lag=ask_lag(group, part.topics) if ask_lag else lag_of(each.lag for each in alive),
        messages_per_second=_rate(minutes, now),
        latency=_latency(minute for minute in minutes if minute.minute >= now - HOUR),
        workers=workers,
        consumers=consumers,
    )


def _minutes(room_name: str, now: datetime) -> list[WorkerMinute]:
    """Return what a room's workers kept in the last hour; before it only the last of those gone."""
    rows = WorkerMinute.objects.filter(room=room_name).order_by("minute", "seen_at")
    recent = list(rows.filter(minute__gte=now - max(HOUR, _silence())))
    before = rows.filter(minute__gte=now - DAY).exclude(worker__in={row.worker for row in recent})
    return [*before.reverse()[:1], *recent]


def _silence() -> timedelta:
    return timedelta(seconds=_SIGNS_MISSED * get_settings().monitor_interval)


def _workers(minutes: Iterable[WorkerMinute], now: datetime) -> Iterator[WorkerStatus]:
    """Yield what each worker said last; of those that are no more only the last one to go."""
    silence = _silence()
    newest = {minute.worker: minute for minute in minutes}
    found = [
        WorkerStatus(
            worker=name,
            state=last.state,
            reason=last.reason,
            started_at=last.started_at,
            seen_at=last.seen_at,
            progress_at=last.progress_at,
            lag=last.lag,
            is_alive=last.state not in ENDED and now - last.seen_at <= silence,
        )
        for name, last in newest.items()
    ]
    alive = sorted((w for w in found if w.is_alive), key=lambda worker: worker.worker)
    gone = sorted((w for w in found if not w.is_alive), key=lambda worker: worker.seen_at)
    yield from [*alive, *gone[-1:]]


def lag_of(said: Iterable[Mapping[str, int] | None]) -> int | None:
    """Return the lag of all partitions, of what workers said, the latest last.

    A partition that has changed hands counts by the worker that spoke last. ``None`` if there was
    no worker, or one didn't know its own.
    """
    lags = list(said)
    known = [lag for lag in lags if lag is not None]
    if not known or len(known) < len(lags):
        return None
    return sum({place: n for lag in known for place, n in lag.items()}.values())


def _rate(minutes: Iterable[WorkerMinute], now: datetime) -> float:
    """Return messages per second over the last whole minutes."""
    end = minute_of(now)
    within = (m for m in minutes if end - RATE_OVER <= m.minute < end)
    return round(sum(m.messages for m in within) / RATE_OVER.total_seconds(), 1)


def _latency(minutes: Iterable[WorkerMinute]) -> Mapping[str, float | None] | None:
    counts = [sum(column) for column in zip(*(m.latencies for m in minutes), strict=True)]
    if not sum(counts):
        return None
    return {"p50": percentile(counts, 0.5), "p99": percentile(counts, 0.99)}


def percentile(counts: Sequence[int], share: float) -> float | None:
    """Return below which latency this share of events lies, as far as the buckets tell it.

    ``counts`` are by ``LATENCY_BUCKETS``, with one more for later ones: ``None`` is among those.
    """
    wanted, seen, lower = share * sum(counts), 0, 0.0
    for bound, count in zip(LATENCY_BUCKETS, counts, strict=False):
        if count and seen + count >= wanted:
            return lower + (bound - lower) * (wanted - seen) / count
        seen, lower = seen + count, bound
    return None


def _consumers(room: Room, now: datetime) -> Iterator[ConsumerStatus]:
    hour = _outcomes(room.name, now - HOUR)
    day = _outcomes(room.name, now - DAY)
    parked, dead = depths.parked_in(room.name), depths.dead_in(room.name)
    names = [consumer.name for consumer in room.consumers]
    others = sorted({*day, *parked, *dead} - {*names})
    for name in [*names, *others]:
        yield ConsumerStatus(
            consumer=name,
            last_hour=hour.get(name, {}),
            last_day=day.get(name, {}),
            parked=parked.get(name),
            dead=dead.get(name),
        )


def _outcomes(room_name: str, since: datetime) -> dict[str, dict[str, int]]:
    counts = OutcomeCount.objects.filter(room=room_name, minute__gte=since)
    return {
        sums["consumer"]: {name: sums[f"{name}__sum"] for name in OutcomeCount.OUTCOMES}
        for sums in counts.sums("consumer")
    }
