"""What a worker knows of itself, told by its own thread and read by others: metrics, probes, rows.

Clocks are ``monotonic`` where only a distance counts.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import product
from time import monotonic

from django.utils import timezone

from shared import metrics
from shared.batches import Arrival, BatchResult
from shared.consumer import Mode
from shared.depths import Depths
from shared.kafka.flight import Flight
from shared.kafka.offsets import Partition
from shared.messages import Event
from shared.outcomes import Outcome
from shared.states import State
from shared.times import minute_of

_LONGEST_HISTORY = 120


class Rebalance(StrEnum):
    """How partitions came or went."""

    ASSIGNED = "assigned"
    REVOKED = "revoked"
    LOST = "lost"


@dataclass(slots=True)
class Minute:
    """What a worker has done in one minute; ``latencies`` counts by ``LATENCY_BUCKETS``."""

    batches: int = 0
    messages: int = 0
    latencies: list[int] = field(default_factory=lambda: [0] * (len(metrics.LATENCY_BUCKETS) + 1))


class Vitals:
    """A worker's name, state, partitions and lag, and when it last polled and got on."""

    def __init__(
        self, *, worker: str, room: str, group: str, mode: Mode, consumers: Iterable[str] = ()
    ) -> None:
        self.worker = worker
        self.room = room
        self.group = group
        self.mode = mode
        self.started_at = timezone.now()
        self.polled = monotonic()
        self.progressed = monotonic()
        self.partitions: frozenset[Partition] = frozenset()
        self._group_lag: Mapping[Partition, int] | None = None
        self._consumers = {*consumers, ""}
        self._minutes: dict[datetime, Minute] = {}
        self.state = State.RUNNING
        self.reason = ""
        metrics.WORKER_INFO.labels(room, group, mode, worker).set(1)
        # A counter that isn't there before its first event hides that event from increase().
        for name, outcome in product(self._consumers, Outcome):
            metrics.OUTCOMES.labels(room, name, outcome)
        for kind in Rebalance:
            metrics.REBALANCES.labels(room, kind)
        metrics.CLIENTS_RENEWED.labels(room)
        self._show_state()

    @property
    def progress_at(self) -> datetime:
        """When the worker last committed, or had nothing to do."""
        return timezone.now() - timedelta(seconds=monotonic() - self.progressed)

    @property
    def lag(self) -> Mapping[Partition, int] | None:
        """Messages that are not committed yet, by partition of ours; ``None`` if it isn't known."""
        if self._group_lag is None:
            return None
        return {place: n for place, n in self._group_lag.items() if place in self.partitions}

    @property
    def total_lag(self) -> int | None:
        """The same of all of them."""
        lag = self.lag
        return None if lag is None else sum(lag.values())

    def tell_polled(self) -> None:
        """Note that the worker has asked for messages."""
        self.polled = monotonic()
        metrics.LAST_POLL.labels(self.room).set_to_current_time()

    def tell_partitions(self, kind: Rebalance, owned: Iterable[Partition]) -> None:
        """Note which partitions the worker has, and how that came."""
        before, self.partitions = self.partitions, frozenset(owned)
        self._forget_lag(before - self.partitions)
        # What has come may have waited for long, for another worker.
        self.progressed = monotonic()
        metrics.PARTITIONS.labels(self.room).set(len(self.partitions))
        metrics.REBALANCES.labels(self.room, kind).inc()

    def tell_retry(self, step: str) -> None:
        """Note that a step has failed transiently."""
        metrics.RETRIES.labels(self.room, step).inc()

    def tell_renewed(self) -> None:
        """Note that another Kafka client was needed."""
        metrics.CLIENTS_RENEWED.labels(self.room).inc()

    @contextmanager
    def in_state(self, state: State, reason: str = "") -> Iterator[None]:
        """Be in a state during the block, and in the one before afterwards."""
        before = self.state, self.reason
        self._enter(state, reason)
        try:
            yield
        finally:
            self._enter(*before)
            self.progressed = monotonic()

    def tell_ended(self, state: State, reason: str = "") -> None:
        """Note how the worker has ended."""
        self._enter(state, reason)

    def tell_committed(self, flight: Flight, result: BatchResult, *, seconds: float) -> None:
        """Note that a batch is committed, which took so long."""
        now = timezone.now()
        self.progressed = monotonic()
        metrics.LAST_PROGRESS.labels(self.room).set(now.timestamp())
        metrics.BATCH_SIZE.labels(self.room).observe(len(flight.messages))
        metrics.BATCH_DURATION.labels(self.room).observe(seconds)
        minute = self._minute(now)
        minute.batches += 1
        minute.messages += len(flight.messages)
        for topic, latencies in _latencies(flight.arrivals, now).items():
            counts = Counter(bisect_left(metrics.LATENCY_BUCKETS, each) for each in latencies)
            metrics.LATENCY.labels(self.room, topic).add(counts, sum(latencies))
            for index, count in counts.items():
                minute.latencies[index] += count
        self.tell_settled(result)

    def tell_settled(self, result: BatchResult) -> None:
        """Count how events ended, parked ones that were tried again included."""
        for consumer, counter in result.counts.items():
            for outcome, count in counter.items():
                # Of what stays parked nothing is left: minus one and plus one.
                if count > 0:
                    metrics.OUTCOMES.labels(self.room, consumer, outcome).inc(count)

    def tell_lag(self, lag: Mapping[Partition, int] | None) -> None:
        """Note the group's lag; ``None`` if it can't be had."""
        self._group_lag = lag
        if not self.total_lag:
            # Who has nothing to do gets on: what comes next has not waited.
            self.progressed = monotonic()
        shown = self.lag or {}
        for (topic, number), messages in shown.items():
            metrics.LAG.labels(self.room, topic, str(number)).set(messages)
        # No old number stays of what the broker doesn't tell, and of what went in this moment.
        self._forget_lag({*shown, *self.partitions} - set(self.lag or {}))

    def tell_kept(self) -> None:
        """Note that a sign of life is in the database."""
        metrics.LAST_SIGN.labels(self.room).set_to_current_time()

    def tell_depths(self, parked: Depths, dead: Depths) -> None:
        """Note how much of the room's is parked and dead."""
        for depths, count, age in (
            (parked, metrics.PARKED, metrics.PARKED_AGE),
            (dead, metrics.DEAD, metrics.DEAD_AGE),
        ):
            self._consumers |= set(depths)
            for consumer in self._consumers:
                depth = depths.get(consumer)
                count.labels(self.room, consumer).set(depth.count if depth else 0)
            oldest = min((depth.oldest for depth in depths.values()), default=None)
            age.labels(self.room).set((timezone.now() - oldest).total_seconds() if oldest else 0)

    def history(self) -> dict[datetime, Minute]:
        """Return what was done by minute, the present one included."""
        return dict(self._minutes)

    def forget(self, minutes: Iterable[datetime]) -> None:
        """Drop minutes that are kept elsewhere."""
        for minute in minutes:
            self._minutes.pop(minute, None)

    def _minute(self, now: datetime) -> Minute:
        start = minute_of(now)
        if start not in self._minutes:
            while len(self._minutes) >= _LONGEST_HISTORY:
                del self._minutes[min(self._minutes)]
            self._minutes[start] = Minute()
        return self._minutes[start]

    def _forget_lag(self, places: Iterable[Partition]) -> None:
        for topic, number in places:
            with suppress(KeyError):  # older releases of prometheus-client want it to be there
                metrics.LAG.remove(self.room, topic, str(number))

    def _enter(self, state: State, reason: str) -> None:
        self.state, self.reason = state, reason
        self._show_state()

    def _show_state(self) -> None:
        for state in State:
            metrics.STATE.labels(self.room, state).set(state is self.state)


def _latencies(arrivals: Iterable[Arrival], now: datetime) -> Mapping[str, list[float]]:
    """Return the seconds since the events' own times, by topic."""
    latencies: defaultdict[str, list[float]] = defaultdict(list)
    for arrival in arrivals:
        if isinstance(arrival, Event):
            seconds = (now - arrival.metadata.time).total_seconds()
            latencies[arrival.message.topic].append(max(0.0, seconds))
    return latencies
