"""Reading a snapshot for a command: at its pace, telling how far it is, until told to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic, sleep
from types import TracebackType
from typing import Any, Self

from rich import progress
from rich.console import Console

from shared.messages import Event
from shared.snapshot_events import events_of
from shared.snapshots import Snapshot, UnreadableRow
from shared.sources import Source
from shared.stopping import StopRequest

_STEP = 0.1
_INTERVAL = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """The events of a page, the places of their rows, and where the source goes on.

    ``unreadable`` is how many rows became no event.
    """

    events: Sequence[Event]
    places: Sequence[str]
    unreadable: int
    next: str
    taken_at: datetime | None

    @property
    def rows(self) -> int:
        """How many rows the page had."""
        return len(self.events) + self.unreadable


class Reading:
    """Reads a source's rows as events; ``rate`` is how many a second at most.

    ``wait`` pauses for so many seconds and returns False if it was told to stop.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        margin: timedelta,
        rate: float | None,
        wait: Callable[[float], bool],
        teller: Teller,
    ) -> None:
        self._snapshot = snapshot
        self._margin = margin
        self._rate = rate
        self._wait = wait
        self._teller = teller

    def parts(self, source: Source, start: str) -> Iterator[Part]:
        """Yield the source's pages as events, and say of each row that is none why not.

        Between two pages it pauses as the rate has it; it ends early if it is told to stop.
        """
        for page in source.pages(start):
            begun = monotonic()
            events, places = [], []
            for placed in events_of(self._snapshot, page, self._margin):
                if isinstance(placed.event, UnreadableRow):
                    self._teller.say(f"{placed.place}: {placed.event}")
                else:
                    events.append(placed.event)
                    places.append(placed.place)
            yield Part(
                events=events,
                places=places,
                unreadable=len(page.rows) - len(events),
                next=page.next,
                taken_at=page.taken_at,
            )
            self._teller.show(page.done, page.total)
            pause = len(page.rows) / self._rate - (monotonic() - begun) if self._rate else 0
            if not self._wait(pause if page.next else 0):
                return


def wait(stop: StopRequest, seconds: float) -> bool:
    """Pause for so many seconds; return False, at once, if it was told to stop."""
    until = monotonic() + seconds
    while not stop.is_made and (left := until - monotonic()) > 0:
        sleep(min(_STEP, left))
    return not stop.is_made


class Teller:
    """Says on standard error how far a command is: by a bar, or without a terminal now and then."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._next = monotonic() + _INTERVAL
        self._bar: progress.Progress | None = None
        if stream.isatty():
            self._bar = progress.Progress(console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("rows", total=None)

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()

    def say(self, line: str) -> None:
        """Write a line."""
        if self._bar:
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            self._stream.write(line)

    def show(self, done: int, total: int | None) -> None:
        """Say how far it is, in the source's own unit."""
        if self._bar:
            self._bar.update(self._task, completed=done, total=total)
        elif monotonic() >= self._next:
            self._next = monotonic() + _INTERVAL
            whole = f" of {total:,}" if total else ""
            self._stream.write(f"{done:,}{whole} read")
