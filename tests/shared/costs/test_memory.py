"""A worker's memory doesn't grow with what it has settled."""

from __future__ import annotations

import gc
import logging
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared.messages import Message
from tests.contract.bench import Bench, at
from tests.credentials_grades_sync.samples import CHANGED
from tests.shared.costs.ceilings import KEPT_BYTES
from tests.shared.costs.meters import Kept

SIZE, HALF = 50, 20


@pytest.fixture
def traced() -> Iterator[None]:
    """Let tracemalloc keep the books, and nobody the logs, which pytest would."""
    logging.disable()
    gc.freeze()  # what was there before needn't be looked through after every turn
    tracemalloc.start()
    yield
    tracemalloc.stop()
    gc.unfreeze()
    logging.disable(logging.NOTSET)


def test_memory_stays(take_turns, wire, traced):
    """Twenty more batches take no more than the twenty before them."""
    bench = Bench(wire, CHANGED)

    def batch(second: int) -> list[Message]:
        time = at(1) + timedelta(seconds=second)
        return [bench.event(row, state=second % 2, time=time) for row in range(1, SIZE + 1)]

    other = bench.event(SIZE + 1)
    # A worker lets go of a batch some time before the end of the next turn: here, of one event.
    batches = [turn for second in range(2 * HALF) for turn in (batch(second), [other])]
    kept = take_turns(CHANGED.room, batches, Kept())[1::2]
    # What drivers keep in mind goes up and down.
    grown = (max(kept[HALF:]) - max(kept[:HALF])) / HALF
    assert grown <= KEPT_BYTES, f"{grown:.1f} bytes more a batch, of {SIZE} events: {kept}"
