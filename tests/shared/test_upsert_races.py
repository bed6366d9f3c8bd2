"""Two workers may meet one row at the same time; the newer event wins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from threading import Barrier
from time import sleep
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from shared.exceptions import TransientError
from shared.models import DeadLetter, OutcomeCount
from shared.outcomes import Outcome
from shared.reactions import Reaction, reaction_to
from shared.records import PositionedRecord
from shared.upsert import upsert
from tests import library as lib
from tests.processes import PATIENCE
from tests.rows import NOON, ShelfRecord, shelf
from tests.testapp.models import Shelf
from tests.threads import before

APPLIED, STALE = Outcome.APPLIED, Outcome.STALE


def before_insert(act: Callable[[], object]) -> AbstractContextManager[None]:
    """Act before the first insert, where two transactions can write at a time."""
    return nullcontext() if connection.vendor == "sqlite" else before("INSERT", act)


def upserted(
    records: Sequence[PositionedRecord[ShelfRecord]], meanwhile: Callable[[], object]
) -> list[Outcome]:
    """Upsert in a transaction, again where the database asks for that; ``meanwhile`` acts once."""
    with before_insert(meanwhile):
        while True:
            try:
                with transaction.atomic():
                    return upsert(Shelf, records, now=NOON)
            except Exception as error:
                if reaction_to(error) is not Reaction.RETRY:
                    raise


def test_two_first_inserts_race(threads):
    """Two workers that both meet new rows first end in one row each, as the newer event says."""
    # Both find no row before either inserts one.
    start, insert = Barrier(2, timeout=PATIENCE), Barrier(2, timeout=PATIENCE)
    labels = ["a", "b", "c"]
    found: dict[int, list[Outcome]] = {}
    rows: dict[str, str] = {}

    def work(second: int, labels: Sequence[str]) -> None:
        start.wait()
        found[second] = upserted(
            [shelf(each, f"{each}{second}", second) for each in labels], insert.wait
        )

    def look() -> None:
        rows.update(Shelf.objects.values_list("label", "code"))

    threads.run(lambda: work(1, labels), lambda: work(2, labels[::-1]))
    threads.run(look)
    assert rows == {label: f"{label}2" for label in labels}
    assert found in ({1: [APPLIED] * 3, 2: [APPLIED] * 3}, {1: [STALE] * 3, 2: [APPLIED] * 3})


def test_two_changes_race(threads):
    """Of two workers that change one row, the one that writes last doesn't undo the newer event."""
    start = Barrier(2, timeout=PATIENCE)
    codes: list[str] = []

    def prepare() -> None:
        Shelf.objects.create(sync_key="a", label="a", code="old")

    def work(second: int) -> None:
        # Without its lock the older event would be judged by the row as it was, and written last.
        delay = 0.2 if second == 1 else 0
        start.wait()
        upserted([shelf("a", f"at {second}", second)], lambda: sleep(delay))

    def look() -> None:
        codes.extend(Shelf.objects.values_list("code", flat=True))

    threads.run(prepare)
    threads.run(lambda: work(1), lambda: work(2))
    threads.run(look)
    assert codes == ["at 2"]


def test_two_first_inserts_of_neighbours_do_not_meet(threads, two_can_write):
    """No lock on a row that isn't there: on MariaDB it would deadlock with a neighbour's."""
    insert = Barrier(2, timeout=PATIENCE)
    # Not the key of a deleted row, of which InnoDB may keep a trace that it locks.
    label = uuid4().hex[:8]

    def work(label: str) -> None:
        with before("INSERT", insert.wait), transaction.atomic():
            assert upsert(Shelf, [shelf(label)], now=NOON) == [APPLIED]
            insert.wait()  # within both transactions

    threads.run(lambda: work(f"{label} a"), lambda: work(f"{label} b"))


def test_two_first_counts_do_not_meet(threads, two_can_write):
    """Each minute begins with one; on MariaDB looking by an update would deadlock them."""
    insert = Barrier(2, timeout=PATIENCE)
    room = uuid4().hex

    def work(worker: str) -> None:
        count = {"room": room, "consumer": "shelves", "minute": NOON, "worker": worker}
        with before("INSERT", insert.wait), transaction.atomic():
            OutcomeCount.add({"applied": 1}, **count)
            insert.wait()  # within both transactions

    threads.run(lambda: work("a"), lambda: work("b"))


@pytest.mark.parametrize("isolate", [False, True])
def test_event_that_loses_the_race_is_no_poison(library, threads, two_can_write, isolate):
    """The database's IntegrityError says that a worker was faster, not that the event is bad."""
    found: dict[str, Any] = {}

    def insert_theirs() -> None:
        threads.run(lambda: lib.settled(library, lib.shelf("A", "theirs")))

    def settle_ours() -> None:
        ours = lib.shelf("A", "ours")
        with before("INSERT", insert_theirs):
            while not found:
                try:
                    result = lib.settled(library, ours, isolate=isolate)
                except TransientError:
                    continue
                found["outcomes"] = lib.outcomes(result)
        found["label"] = Shelf.objects.get().label
        found["dead"] = DeadLetter.objects.count()

    threads.run(settle_ours)
    # Ours was made first, so theirs is newer.
    assert found == {"outcomes": [STALE], "label": "theirs", "dead": 0}
