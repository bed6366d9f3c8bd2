"""librdkafka's client, whose messages come in whole batches.

How many messages a poll finds depends on the clock. This client keeps them back until a batch is
whole, and until the one before is committed. All else is its own: group, fetches, commits, errors.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from time import monotonic
from typing import Any, Protocol

from confluent_kafka import Consumer

from tests.processes import PATIENCE


class Meter(Protocol):
    """Measures one turn of a worker after another."""

    def begin(self) -> None:
        """A batch is about to be handed over."""

    def tell_committed(self) -> None:
        """Its offsets are about to be committed."""

    def end(self) -> Any:
        """The worker polls again: return what was measured."""


class _Stage(Enum):
    """Where a turn is."""

    UNDER_WAY = auto()
    COMMITTED = auto()
    OVER = auto()


class Feed:
    """The sizes of the batches to come, and what a meter says of the turns that they took.

    ``before`` has what is to be done before a batch, by its number from 0 on. ``stop`` is called
    after the last turn, or when messages have kept away for too long.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        meter: Meter,
        *,
        before: Mapping[int, Callable[[], object]],
        stop: Callable[[], None],
    ) -> None:
        self.turns: list[Any] = []
        self.clients = 0
        self._sizes = sizes
        self._meter = meter
        self._before = before
        self._stop = stop
        self._until = monotonic() + PATIENCE
        self._stage = _Stage.OVER

    @property
    def size(self) -> int:
        """The size of the batch that may be handed over now; 0 if none may."""
        may_begin = self._stage is _Stage.OVER and len(self.turns) < len(self._sizes)
        return self._sizes[len(self.turns)] if may_begin else 0

    def begin(self) -> None:
        """Begin a turn."""
        if prepare := self._before.get(len(self.turns)):
            prepare()
        self._stage = _Stage.UNDER_WAY
        self._meter.begin()

    def tell_committed(self) -> None:
        """Tell of a commit."""
        if self._stage is _Stage.UNDER_WAY:
            self._stage = _Stage.COMMITTED
            self._meter.tell_committed()

    def end(self) -> None:
        """End the turn if it is committed; stop if there is nothing to wait for."""
        if self._stage is _Stage.COMMITTED:
            self._stage = _Stage.OVER
            self.turns.append(self._meter.end())
            self._until = monotonic() + PATIENCE
        if len(self.turns) == len(self._sizes) or monotonic() > self._until:
            self._stop()

    def close(self) -> None:
        """Let go of a turn that failed."""
        if self._stage is not _Stage.OVER:
            self._meter.end()


class SteadyClient(Consumer):
    """A client that hands over what its feed says."""

    def __init__(self, feed: Feed, config: dict[str, Any]) -> None:
        super().__init__(config)
        feed.clients += 1
        self._feed = feed
        self._fetched: deque[Any] = deque()
        self._batch: deque[Any] = deque()

    def poll(self, timeout: float = -1) -> Any:
        """Return a message of the batch under way, or the first of the next, or an error."""
        return next(iter(self.consume(1, timeout)), None)

    def consume(self, num_messages: int = 1, timeout: float = -1) -> list[Any]:
        """Return messages of the batch under way, or of the next, or an error."""
        if not self._batch:
            self._feed.end()
            is_whole = 0 < self._feed.size <= len(self._fetched)
            if not is_whole and (error := self._fetch(timeout)):
                return [error]
            if 0 < self._feed.size <= len(self._fetched):
                self._batch = deque(self._fetched.popleft() for _ in range(self._feed.size))
                self._feed.begin()
        return [self._batch.popleft() for _ in range(min(num_messages, len(self._batch)))]

    def commit(self, *args: Any, **kwargs: Any) -> Any:
        """Commit; then another batch may come."""
        self._feed.tell_committed()
        return super().commit(*args, **kwargs)

    def _fetch(self, timeout: float) -> Any:
        """Keep what comes until the next batch is whole; an error is returned at once."""
        is_waiting = True
        while is_waiting and (raw := super().poll(timeout)) is not None:
            if raw.error():
                return raw
            self._fetched.append(raw)
            is_waiting = len(self._fetched) < self._feed.size
        return None
