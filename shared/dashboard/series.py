"""A room's last hour or day in steps, from what its workers kept by minute."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from math import inf
from typing import TypeAlias

from django.db.models import Sum

from shared.models import OutcomeCount, WorkerMinute
from shared.status import DAY, HOUR, lag_of, percentile


class Span(Enum):
    """How far back one looks, and in steps of what length."""

    HOUR = ("last hour", HOUR, timedelta(minutes=1))
    DAY = ("last day", DAY, timedelta(minutes=15))

    def __init__(self, text: str, length: timedelta, step: timedelta) -> None:
        self.text = text
        self.length = length
        self.step = step

    def starts(self, now: datetime) -> list[datetime]:
        """Return when each step begins; the last is the newest that is over."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        end = midnight + (now - midnight) // self.step * self.step
        count = self.length // self.step
        return [end - self.step * n for n in range(count, 0, -1)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What a room did in one step; ``None`` where no worker has said it."""

    start: datetime
    lag: int | None = None
    """The highest of its minutes."""
    rate: float | None = None
    """Messages per second."""
    p50: float | None = None
    p99: float | None = None
    """Latencies in seconds; infinite if later than all buckets."""


Outcomes: TypeAlias = Sequence[Mapping[str, int]]
"""How a consumer's events ended, by step."""

_Said: TypeAlias = tuple[datetime, Mapping[str, int] | None, int, Sequence[int]]


def steps_of(room_name: str, span: Span, *, now: datetime) -> list[Step]:
    """Return the steps of a room's span, the oldest first."""
    starts = span.starts(now)
    rows = WorkerMinute.objects.filter(
        room=room_name, minute__gte=starts[0], minute__lt=starts[-1] + span.step
    ).order_by("seen_at")
    by_step: defaultdict[datetime, list[_Said]] = defaultdict(list)
    for row in rows.values_list("minute", "lag", "messages", "latencies"):
        by_step[_start(row[0], starts[0], span.step)].append(row)
    return [_step(start, by_step.get(start, ()), span.step) for start in starts]


def outcomes_of(room_name: str, span: Span, *, now: datetime) -> dict[str, Outcomes]:
    """Return by consumer how its events ended, in the same steps; none where more were repaired."""
    starts = span.starts(now)
    counts = OutcomeCount.objects.filter(
        room=room_name, minute__gte=starts[0], minute__lt=starts[-1] + span.step
    )
    sums = counts.values_list("consumer", "minute").annotate(*map(Sum, OutcomeCount.OUTCOMES))
    found: dict[str, dict[datetime, Counter[str]]] = {}
    for consumer, minute, *numbers in sums:
        if consumer not in found:
            found[consumer] = {start: Counter() for start in starts}
        counts_of_step = found[consumer][_start(minute, starts[0], span.step)]
        for outcome, number in zip(OutcomeCount.OUTCOMES, numbers, strict=True):
            counts_of_step[outcome] += number
    # A count's own plus leaves out what isn't above zero.
    return {consumer: [+each for each in steps.values()] for consumer, steps in found.items()}


def _start(minute: datetime, first: datetime, step: timedelta) -> datetime:
    return first + (minute - first) // step * step


def _step(start: datetime, rows: Sequence[_Said], length: timedelta) -> Step:
    if not rows:
        return Step(start=start)
    late = [sum(column) for column in zip(*(latencies for *_, latencies in rows), strict=True)]
    return Step(
        start=start,
        lag=max(_lags(rows), default=None),
        rate=sum(messages for *_, messages, _ in rows) / length.total_seconds(),
        p50=_latency(late, 0.5),
        p99=_latency(late, 0.99),
    )


def _lags(rows: Iterable[_Said]) -> Iterator[int]:
    """Yield the lag of each minute in which all workers know theirs."""
    by_minute: defaultdict[datetime, list[Mapping[str, int] | None]] = defaultdict(list)
    for minute, lag, *_ in rows:
        by_minute[minute].append(lag)
    found = map(lag_of, by_minute.values())
    yield from (total for total in found if total is not None)


def _latency(counts: Sequence[int], share: float) -> float | None:
    if not sum(counts):
        return None
    found = percentile(counts, share)
    return inf if found is None else found
