"""An event becomes a row; the newest one wins it, and one that comes again changes nothing."""

from __future__ import annotations

from itertools import permutations

import pytest

from shared.models import DeadLetter, ParkedEvent
from shared.ordering import Position
from shared.outcomes import Outcome
from tests.contract.bench import Bench, at
from tests.contract.catalogue import SAMPLES, each_changing, each_creating, each_sample

pytestmark = pytest.mark.django_db

APPLIED, UNCHANGED, STALE = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE
POSITIONS = {"position", "filled_position"}

STATES = [
    pytest.param(sample, state, id=f"{sample}-{state}")
    for sample in SAMPLES
    for state in range(len(sample.changes) + 1)
]
PAIRS = [
    pytest.param(sample, other, id=f"{sample} and {other}")
    for sample in SAMPLES
    for other in SAMPLES
    if sample.consumer == other.consumer
    and (sample.route.creates_only, other.route.creates_only) == (True, False)
]


@pytest.mark.parametrize(("sample", "state"), STATES)
def test_event_becomes_a_row(bench, sample, state):
    """Every column has what the event says."""
    event = bench.event(state=state, time=at(1))
    assert bench.take(event) == [APPLIED]
    assert bench.said() == sample.row(state=state)
    assert not DeadLetter.objects.exists()
    assert not ParkedEvent.objects.exists()


@each_changing
def test_row_remembers_the_position(bench, sample):
    """Where its newest event stands is what older ones are compared with."""
    event = bench.event(time=at(1))
    bench.take(event)
    position = Position.of(at(1), event.topic, event.partition, event.offset)
    assert bench.row()["position"] == position
    filled = Position.lowest() if sample.unknown else position
    assert bench.row().get("filled_position", filled) == filled


@each_sample
def test_rows_are_told_apart(bench, sample):
    """Each has its own key, siblings too."""
    assert bench.take(*(bench.event(number) for number in (1, 2, 3))) == [APPLIED] * 3
    for number in (1, 2, 3):
        assert sample.row(number).items() <= bench.row_of(number).items()


@each_sample
def test_redelivered_event_changes_nothing(bench, sample):
    """The same message again leaves the row as it is, every column of it."""
    event = bench.event(time=at(1))
    bench.take(event)
    before = bench.row()
    assert bench.take(event, event) == [UNCHANGED, UNCHANGED]
    assert bench.row() == before


@each_changing
def test_same_fact_again_moves_only_the_position(bench, sample):
    """Another id and a later time tell nothing new: not even ``modified`` moves."""
    bench.take(bench.event(time=at(1)))
    before = bench.row()
    assert bench.take(bench.event(time=at(2))) == [UNCHANGED]
    after = bench.row()
    assert {name for name in after if after[name] != before[name]} <= POSITIONS
    assert after["position"].time == at(2)


@each_changing
def test_newer_event_wins(bench, sample):
    """The row says what it says, and was modified."""
    bench.take(bench.event(time=at(1)))
    before = bench.row()
    assert bench.take(bench.event(state=1, time=at(2))) == [APPLIED]
    after = bench.row()
    assert after["position"].time == at(2)
    assert after["modified"] > before["modified"]
    assert (after["id"], after["created"]) == (before["id"], before["created"])
    known = sample.row() | sample.known(state=1)
    assert bench.said() == known


@each_changing
def test_older_event_is_stale(bench, sample):
    """Nothing of it is written, in this batch or the next."""
    older, newer = bench.event(state=1, time=at(1)), bench.event(time=at(2))
    assert bench.take(newer, older) == [APPLIED, STALE]
    before = bench.row()
    assert bench.take(older) == [STALE]
    assert bench.row() == before
    assert bench.said() == sample.row()


@each_changing
def test_equal_times_follow_the_offset(bench, sample):
    """In whatever order they come."""
    first, second = bench.event(time=at(1)), bench.event(state=1, time=at(1))
    assert bench.take(second, first) == [APPLIED, STALE]
    assert bench.said() == sample.row(state=1)
    assert bench.row()["position"].offset == second.offset


@each_changing
@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
@pytest.mark.parametrize("together", [True, False], ids=["one batch", "batches of one"])
def test_state_that_was_left_and_taken_again_in_every_order(bench, sample, order, together):
    """A@1, B@2 and A@3 end as A: an event between two equal ones never wins."""
    events = {1: bench.event(time=at(1)), 3: bench.event(time=at(3))}
    events[2] = bench.event(state=1, time=at(2))
    arriving = [events[minute] for minute in order]
    for batch in [arriving] if together else [[event] for event in arriving]:
        bench.take(*batch)
    assert bench.said() == sample.row()
    assert bench.row()["position"].time == at(3)


@each_creating
def test_creating_event_makes_a_row_at_the_lowest_position(bench, sample):
    """Every other event outranks it, and another one of its kind changes nothing."""
    bench.take(bench.event(time=at(1)))
    before = bench.row()
    assert before["position"] == Position.lowest()
    assert bench.take(bench.event(time=at(2))) == [UNCHANGED]
    assert bench.row() == before


@pytest.mark.parametrize(("sample", "other"), PAIRS)
@pytest.mark.parametrize("minute", [1, 3], ids=["older", "newer"])
def test_creating_event_never_changes_a_row(bench, sample, other, minute):
    """Nor does its row outrank anything, whatever its time and whichever comes first."""
    creating, again = bench.event(time=at(minute)), bench.event(time=at(minute))
    telling = Bench(bench.wire, other).event(time=at(2))
    assert bench.take(creating, telling) == [APPLIED, APPLIED]
    before = bench.row()
    assert bench.take(again) == [STALE]
    assert bench.row() == before
    assert bench.said() == other.row()
