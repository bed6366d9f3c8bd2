"""How many statements a batch takes: as many for one event as for all that fit into a batch."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from django.db import connection

from tests.contract.bench import Bench
from tests.shared.costs.ceilings import ceiling_of
from tests.shared.costs.meters import Statements
from tests.shared.costs.samples import changed, each_consumer, made, retire_one, troubled

FULL, MANY = 500, 100


@pytest.fixture
def sizes() -> list[int]:
    """Sizes of batches; a statement of SQLite takes 999 values: some 60 of our rows."""
    return [1, 10, 40] if connection.features.max_query_params else [1, 10, FULL]


@pytest.fixture
def bench(transactional_db, frozen_clock, wire, sample) -> Bench:
    """The sample on the wire; parents are there, and this minute's counts are known."""
    bench = Bench(wire, sample)
    bench.bring_parents(*range(1, 2 * FULL))
    settle_two(bench, made(bench, 2 * FULL - 1, 1))
    return bench


def settle_two(bench, messages) -> None:
    """Take a batch that makes the rows of its counts, and one that finds them."""
    for _ in range(2):
        bench.take(*messages)


def settled(bench, messages) -> list[str]:
    """Take a batch and return the statements by which it was settled."""
    meter = Statements()
    meter.begin()
    bench.take(*messages)
    meter.tell_committed()
    return meter.end()


def consecutive(sizes, first=1) -> Iterator[tuple[int, int]]:
    """Yield for each size the first of as many rows that no other has."""
    for size in sizes:
        yield first, size
        first += size


def check(batches, ceiling) -> None:
    """Check that batches took as many statements as the first, and no more than is allowed."""
    first, *_ = batches
    for statements in batches:
        listed = "\n".join(f"{n:3}. {sql[:150]}" for n, sql in enumerate(statements, start=1))
        problem = f"{len(statements)} statements, {ceiling} are allowed"
        assert len(statements) <= ceiling, f"{problem}:\n{listed}"
        problem = f"{len(statements)} statements, and {len(first)} for a batch of one event"
        assert len(statements) == len(first), f"{problem}:\n{listed}"


@each_consumer
class TestSettle:
    """The statements of ``settle``."""

    def test_new_and_changed_rows(self, bench, sample, sizes):
        """Each kind takes as many whatever the size, and redelivered events no more."""
        ceiling = ceiling_of(sample).statements
        for events in (made, changed, changed):
            batches = [events(bench, *numbers) for numbers in consecutive(sizes)]
            check([settled(bench, messages) for messages in batches], ceiling)

    def test_full_batch(self, bench, sample):
        """Where a statement can't take all of it, its parts have a ceiling as well."""
        ceiling = ceiling_of(sample).full
        for events in (made, changed):
            statements = settled(bench, events(bench, 1, FULL))
            assert len(statements) <= ceiling, "\n".join([f"{ceiling} are allowed:", *statements])

    def test_trouble(self, bench, sample, sizes):
        """Dead, parked, unwanted and ignored events among them, and a retired learner's."""
        retire_one(sample)
        settle_two(bench, troubled(bench, MANY))
        batches = [troubled(bench, min(size, MANY)) for size in sizes]
        counted = [settled(bench, messages) for messages in batches]
        check(counted, ceiling_of(sample).troubled)


@each_consumer
def test_turn(take_turns, bench, sample, sizes):
    """From a batch's first message to the commit of its offsets a worker's turn has no others."""
    warm_up = [troubled(bench, 10)] * 2
    batches = [made(bench, *numbers) for numbers in consecutive(sizes, MANY + 1)]
    batches += [changed(bench, *numbers) for numbers in consecutive(sizes, MANY + 1)]
    batches += [troubled(bench, 1), troubled(bench, 10)]
    retire = partial(retire_one, sample)
    turns = take_turns(sample.room, [*warm_up, *batches], Statements(), before={8: retire})[2:]
    check(turns[:3], ceiling_of(sample).statements)
    check(turns[3:6], ceiling_of(sample).statements)
    check(turns[6:], ceiling_of(sample).troubled)
