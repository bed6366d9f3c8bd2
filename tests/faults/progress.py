"""How a group gets on, seen from outside: who has which partitions, and when one stands still.

By the broker's word only, so the same for every contestant.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from threading import Event
from time import monotonic

from tests.faults.arena import Arena
from tests.faults.stream import Said, What
from tests.services.processes import becomes

_LOOK = 0.02
_BEAT = 0.05
"""Between two messages of a partition."""


class Progress:
    """A group's committed offsets, looked at again and again."""

    def __init__(self, arena: Arena) -> None:
        self.longest_pause = 0.0
        """The longest time in seconds that a partition's offset stood still with messages left."""
        self.went_back: list[str] = []
        """Partitions whose committed offset was lower than before; that is never right."""
        self._arena = arena
        self._landed = 0
        self._ends: dict[int, int] = {}
        self._committed = arena.committed()
        self._still_since: dict[int, float] = {}

    def look_until(self, over: Event) -> None:
        """Look until the end."""
        while not over.wait(_LOOK):
            self._look()

    def _look(self) -> None:
        for _, partition, offset in self._arena.landed[self._landed :]:
            self._ends[partition] = offset + 1
            self._landed += 1
        before, self._committed, now = self._committed, self._arena.committed(), monotonic()
        for partition, end in self._ends.items():
            offset, earlier = self._committed.get(partition, 0), before.get(partition, 0)
            if offset < earlier:
                self.went_back.append(f"{partition}: {earlier} -> {offset}")
            if offset != earlier or offset >= end:
                self._still_since.pop(partition, None)
            if offset < end:
                pause = now - self._still_since.setdefault(partition, now)
                self.longest_pause = max(self.longest_pause, pause)


@contextmanager
def watching(arena: Arena) -> Iterator[Progress]:
    """Watch the group while the block runs."""
    progress, over = Progress(arena), Event()
    with ThreadPoolExecutor(max_workers=1) as thread:
        looking = thread.submit(progress.look_until, over)
        try:
            yield progress
        finally:
            over.set()
        looking.result()


@contextmanager
def trickling(arena: Arena) -> Iterator[None]:
    """Publish a little to every partition, without a break, while the block runs."""
    over = Event()
    with ThreadPoolExecutor(max_workers=1) as thread:
        publishing = thread.submit(arena.publish, _trickle(arena.partitions, over))
        try:
            yield
        finally:
            over.set()
        publishing.result()


def _trickle(partitions: int, over: Event) -> Iterator[Said]:
    shelves = [_shelf_in(partition, partitions) for partition in range(partitions)]
    for number in count():
        for code in shelves:
            yield Said(What.SHELF, number, code, text=f"label {number}")
        if over.wait(_BEAT):
            return


def _shelf_in(partition: int, partitions: int) -> str:
    """Return the code of a shelf that belongs into a partition."""
    codes = (f"shelf-{number}" for number in count())
    return next(c for c in codes if Said(What.SHELF, 0, c).partition(partitions) == partition)


def wait_until_going_on(arena: Arena) -> None:
    """Wait until each partition is committed beyond what it holds now; somebody must publish."""
    # Not what our own producer has heard of: a consumer may be ahead of that.
    ends = arena.log_ends()

    def is_beyond() -> bool:
        committed = arena.committed()
        return all(committed.get(partition, 0) > end for partition, end in ends.items())

    assert becomes(is_beyond, arena.patience), arena.logs()
