"""A run of ``backfill`` or ``reconcile`` over a snapshot: what it reads, and what it says of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from types import TracebackType
from typing import Any, Self

from shared.management.printing import print_whole
from shared.management.snapshot_options import chosen
from shared.reconciliation import Reconciliation
from shared.snapshot_reading import Part, Reading, Teller, wait
from shared.stopping import StopRequest

_NUMBERS = ("agree", "differ", "missing", "unwanted", "unmappable")


class SnapshotRun:
    """Reads the snapshot that the options name, until its end or a signal to stop.

    ``found`` is what a command adds to what a run says of itself in JSON.
    """

    def __init__(self, options: Mapping[str, Any], stderr: Any) -> None:
        self.found: dict[str, Any] = {}
        self.is_finished = False
        self._stop = StopRequest()
        self._signals = self._stop.on_signals()
        self._teller = Teller(stderr)
        self.wait = partial(wait, self._stop)
        self.chosen = chosen(options, self.wait)
        self._reading = Reading(
            self.chosen.snapshot,
            margin=self.chosen.margin,
            rate=options["rate"],
            wait=self.wait,
            teller=self._teller,
        )
        self._rows = self._unreadable = self._failed = self._bad_before = 0
        self._sentences: list[str] = []
        self._details: list[str] = []

    def __enter__(self) -> Self:
        self._signals.__enter__()
        self._teller.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._teller.__exit__(kind, error, trace)
        self._signals.__exit__(kind, error, trace)

    @property
    def is_good(self) -> bool:
        """Whether it read rows, to the end, and each became an event and a record."""
        return self.is_finished and bool(self._rows) and not self.bad

    @property
    def bad(self) -> int:
        """How many rows became no event or no record, those before an interruption with them."""
        return self._bad_before + self._unreadable + self._failed

    @property
    def is_readable(self) -> bool:
        """Whether it read to the end, and each row became an event."""
        return self.is_finished and not self._unreadable

    def parts(self, start: str, *, rows_before: int = 0, bad_before: int = 0) -> Iterator[Part]:
        """Yield the parts of the snapshot from a place on, before which there are so many rows."""
        self._rows, self._bad_before = rows_before, bad_before
        next_place = None
        for part in self._reading.parts(self.chosen.source, start):
            self._rows += part.rows
            self._unreadable += part.unreadable
            yield part
            next_place = part.next
        self.is_finished = not self._stop.is_made if next_place is None else not next_place

    def say(self, line: str) -> None:
        """Write a line to standard error."""
        self._teller.say(line)

    def fail(self, place: str, error: str) -> None:
        """Say of a row that it became no record, and why."""
        self._failed += 1
        self.say(f"{place}: {error}")

    def tell(self, reconciliation: Reconciliation) -> None:
        """Take what was compared into what is printed."""
        self.found |= {"comparison": reconciliation.as_json()}
        self._details += reconciliation.lines()
        comparison = reconciliation.comparison
        numbers = [f"{getattr(comparison, name):,} {name}" for name in _NUMBERS]
        if reconciliation.extra is not None:
            numbers.append(f"{reconciliation.extra:,} extra")
        self.conclude(", ".join(numbers))

    def conclude(self, sentence: str) -> None:
        """Add a sentence to what is printed at the end; the first one follows the counts."""
        self._sentences.append(f"{sentence}.")

    def print(self, stdout: Any, *, as_json: bool) -> None:
        """Print what was found."""
        run = {
            "room": self.chosen.room.name,
            "consumer": self.chosen.consumer.name,
            "finished": self.is_finished,
            "rows": self._rows,
            "unreadable": self._unreadable,
        }
        if as_json:
            print_whole(stdout, json.dumps(run | self.found))
            return
        bad = f", {self._unreadable:,} unreadable" if self._unreadable else ""
        name = self.chosen.consumer.name
        counts = f"{name}: {self._rows:,} rows{bad}: {' '.join(self._sentences)}"
        print_whole(stdout, "\n".join([*self._details, counts]))
