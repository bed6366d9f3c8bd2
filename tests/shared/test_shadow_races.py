"""Two workers of a shadow meet in its table, as they may while partitions change hands."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier

from shared.exceptions import TransientError
from shared.messages import Event
from tests.library import NOW, shelf
from tests.processes import PATIENCE
from tests.shadows import kept, records

CODES = ["A", "B", "C"]


def test_two_that_keep_the_same_rows_first(threads, library):
    """Each row ends as its newest event says, whoever was the first, and none is lost."""
    start = Barrier(2, timeout=PATIENCE)
    found: dict[str, str] = {}

    def work(label: str, second: int, codes: list[str]) -> None:
        time = NOW + timedelta(seconds=second)
        events = [shelf(code, label, time=time) for code in codes]
        start.wait()
        keep_in_the_end(library, events)

    def look() -> None:
        found.update({key: record["label"] for key, record in records().items()})

    threads.run(lambda: work("older", 1, CODES), lambda: work("newer", 2, CODES[::-1]))
    threads.run(look)
    assert found == {f"shelves|{code.lower()}": "newer" for code in CODES}


def keep_in_the_end(library, events: list[Event]) -> None:
    """Keep a batch, again where the database asks for that, as a worker does."""
    while True:
        try:
            kept(library, *events)
        except TransientError:
            continue
        return
