"""From the host's old way to the bus, and back: by docs/how_to/cut_over.md, on the rooms' tables.

The old way writes blindly, as a REST view or a bulk job does: it knows no positions.
"""

from __future__ import annotations

from itertools import permutations

import pytest

from shared.comparison import compare
from shared.findings import Comparison
from shared.messages import Message
from shared.ordering import Position
from shared.outcomes import Outcome
from tests.contract.bench import Bench, at
from tests.contract.catalogue import each_changing

pytestmark = pytest.mark.django_db

OLD, NEW = 0, 1
"""Two states of a row; the source went from the one to the other."""
ORDERS = list(permutations(("old way", "bus", "bus again")))


def write_old_way(bench: Bench, state: int) -> None:
    """Let the host's row say what its source says, whatever has told it before."""
    sample = bench.sample
    if not sample.rows():
        bench.take(bench.event(state=state))
        positions = {"position", "filled_position"} & {f.name for f in sample.model._meta.fields}
        # The host's own row: no event has told it anything.
        sample.model._default_manager.update(**dict.fromkeys(positions, Position.lowest()))
    sample.model._default_manager.update(**sample.known(state=state))


def keep(bench: Bench, *messages: Message) -> None:
    """Let the shadow keep what events say."""
    bench.wire.keep(bench.sample.room, messages)


def compared(bench: Bench) -> Comparison:
    """Compare what the shadow has kept with the table."""
    name = bench.sample.consumer.name
    return compare(name, since=None, examples=0, on_progress=lambda *_: None)


def says(bench: Bench, state: int) -> bool:
    """Return whether the only row says what its source says in this state."""
    return bench.sample.known(state=state).items() <= bench.row().items()


@pytest.fixture
def old(bench: Bench) -> Message:
    """The event of the old state."""
    return bench.event(state=OLD, time=at(0))


@pytest.fixture
def new(bench: Bench) -> Message:
    """The event of the new state."""
    return bench.event(state=NEW, time=at(1))


@each_changing
@pytest.mark.parametrize("is_host_first", [True, False])
def test_shadow_differs_while_one_way_is_ahead(bench, old, new, is_host_first):
    """It agrees again once both have told, whichever was the first; the table is the host's."""
    write_old_way(bench, OLD)
    keep(bench, old)
    assert compared(bench).is_good
    steps = [lambda: write_old_way(bench, NEW), lambda: keep(bench, new)]
    first, second = steps if is_host_first else reversed(steps)
    first()
    assert compared(bench).differ == 1
    second()
    assert (compared(bench).agree, compared(bench).records) == (1, 1)
    assert bench.row()["position"] == Position.lowest()


@each_changing
@pytest.mark.parametrize("left_by_the_old_way", [OLD, NEW])
def test_live_from_the_beginning(bench, old, new, left_by_the_old_way):
    """A new group consumes all there is: the row ends as the newest event says, wherever the old
    way has left it, and a second time changes nothing."""
    write_old_way(bench, left_by_the_old_way)
    bench.take(old)
    bench.take(new)
    assert says(bench, NEW)
    before = bench.row()
    assert set(bench.take(old, new)) == {Outcome.STALE, Outcome.UNCHANGED}
    assert bench.row() == before


@each_changing
def test_live_from_the_time_of_the_last_comparison(bench, old, new):
    """What the host holds by then isn't consumed again; what comes afterwards is enough."""
    write_old_way(bench, OLD)
    keep(bench, old)
    assert compared(bench).is_good
    assert bench.take(new) == [Outcome.APPLIED]
    assert says(bench, NEW)


@each_changing
@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_side_by_side(bench, old, new, order):
    """While both run, both tell of the same change, in any order: the row ends in it."""
    tell = {
        "old way": lambda: write_old_way(bench, NEW),
        "bus": lambda: bench.take(new),
        "bus again": lambda: bench.take(old, new),
    }
    write_old_way(bench, OLD)
    bench.take(old)
    for way in order:
        tell[way]()
    assert says(bench, NEW)


@each_changing
def test_late_write_of_the_old_way(bench, old, new):
    """It overwrites blindly, and a redelivered event doesn't heal it: stop the old way first.

    The next event does.
    """
    write_old_way(bench, OLD)
    bench.take(old, new)
    write_old_way(bench, OLD)
    assert bench.take(new) == [Outcome.UNCHANGED]
    assert not says(bench, NEW)
    assert bench.take(bench.event(state=NEW, time=at(2))) == [Outcome.APPLIED]
    assert says(bench, NEW)


@each_changing
def test_back_and_again(bench, old, new):
    """The old way goes on with what the bus has left, and the bus with what the old way has left.

    The group begins where it stood, or anew after a rewind: both end the same.
    """
    bench.take(old, new)
    write_old_way(bench, OLD)
    newest = bench.event(state=OLD, time=at(2))
    keep(bench, old, new, newest)
    assert compared(bench).is_good
    bench.take(newest)
    assert says(bench, OLD)
    before = bench.row()
    assert Outcome.APPLIED not in bench.take(old, new, newest)
    assert bench.row() == before
