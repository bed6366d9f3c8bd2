"""How much work one more event in a batch makes: calls of functions, and blocks of memory.

The difference between a large and a small batch, so that what a batch costs by itself is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from shared import parking, pausing
from tests.contract.bench import Bench
from tests.shared.costs.ceilings import ceiling_of
from tests.shared.costs.meters import Blocks, Calls
from tests.shared.costs.samples import changed, each_consumer, made

SMALL, LARGE = 100, 500
MORE = LARGE - SMALL
ROWS = SMALL + LARGE


@pytest.fixture
def take_all(take_turns, wire, sample, monkeypatch):
    """Let a worker take small and large batches of new rows, then of changed ones."""
    # What a worker looks for by the clock is no work for an event.
    monkeypatch.setattr(parking, "due", lambda *_, **__: [])
    monkeypatch.setattr(pausing, "is_paused", lambda *_: False)
    bench = Bench(wire, sample)
    bench.bring_parents(*range(1, ROWS + 2))

    def take(meter) -> list[Sequence]:
        """Return for both what was measured of the small batch and of the large one."""
        new, more = made(bench, 1, ROWS), changed(bench, 1, ROWS)
        # The first time caches and tables are filled; then the rows go, and what is cached stays.
        warm_up, empty = [new, more], {2: sample.model._default_manager.all().delete}
        measured = [new[:SMALL], new[SMALL:], more[:SMALL], more[SMALL:]]
        # A worker lets go of a batch some time before the end of the next turn.
        one = made(bench, ROWS + 1, 1)
        batches = [batch for each in measured for batch in (one, each)]
        turns = take_turns(sample.room, [*warm_up, *batches], meter, before=empty)[3::2]
        return [turns[:2], turns[2:]]

    return take


def named(calls: Counter[str]) -> str:
    """Return the ten functions that are called most, with their calls per event."""
    lines = [f"{number / MORE:8.2f}  {name}" for name, number in calls.most_common(10)]
    return "\n".join(["most of them are", *lines])


@each_consumer
def test_calls_per_event(take_all, sample):
    """Functions of Python and of C; how many doesn't depend on the machine."""
    _, _, _, when_new, when_changed, _ = ceiling_of(sample)
    for ceiling, (small, large) in zip((when_new, when_changed), take_all(Calls()), strict=True):
        number = (large.total() - small.total()) / MORE
        most = named(large - small)
        assert number <= ceiling, f"{number:.1f} calls, {ceiling} are allowed; {most}"


@each_consumer
def test_memory_per_event(take_all, sample):
    """Blocks of memory, as many as there are at one time."""
    ceiling = ceiling_of(sample).blocks
    for small, large in take_all(Blocks()):
        number = (large - small) / MORE
        assert number <= ceiling, f"{number:.1f} blocks, {ceiling} are allowed"
