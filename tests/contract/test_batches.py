"""A batch of nothing, of everything, and of many."""

from __future__ import annotations

from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shared.messages import Message
from shared.models import DeadLetter, OutcomeCount
from shared.outcomes import Outcome
from tests.contract.bench import Bench, at
from tests.contract.catalogue import each_changing, each_child, each_room, each_sample, samples_of
from tests.contract.damage import DAMAGES

pytestmark = pytest.mark.django_db

APPLIED, DEAD, FILTERED = Outcome.APPLIED, Outcome.DEAD, Outcome.FILTERED
PARKED = Outcome.PARKED


@each_room
def test_empty_batch_is_settled(wire, room):
    """It leaves nothing, no counts either."""
    assert wire.take(room, []).endings == ()
    assert not OutcomeCount.objects.exists()


@each_room
def test_batch_of_everything_at_once(wire, room):
    """Good, bad, damaged and unwanted events of all routes, shuffled, end as they do alone."""
    expected: dict[Message, Outcome] = {}
    families: dict[bytes | None, Message] = {}
    for place, sample in enumerate(samples_of(room)):
        bench = Bench(wire, sample)
        # Far enough from each other that no row is another one's parent.
        number = 1_000 + 2 * place
        families |= {event.value: event for event in [bench.event(number), *bench.parents(number)]}
        bad = [bench.event(edits={bad.path: bad.value}) for bad in sample.bad.values()]
        expected |= dict.fromkeys([*bad, *(make(bench) for make, _ in DAMAGES.values())], DEAD)
        unwanted = [bench.event(edits=edits) for edits in sample.unwanted.values()]
        expected |= dict.fromkeys(unwanted, FILTERED)
    expected |= dict.fromkeys(families.values(), APPLIED)
    messages = sorted(expected, key=lambda message: message.offset)
    Random(1).shuffle(messages)
    endings = wire.take(room, messages).endings
    assert [ending.message for ending in endings] == messages
    assert {ending.message: ending.outcome for ending in endings} == expected
    assert DeadLetter.objects.count() == list(expected.values()).count(DEAD)


def statements(bench, numbers, outcome=APPLIED, **event):
    """Take an event of each of these rows as one batch; return how many statements that took."""
    messages = [bench.event(number, **event) for number in numbers]
    with CaptureQueriesContext(connection) as captured:
        assert set(bench.take(*messages)) == {outcome}
    return len(captured)


@each_sample
def test_statements_do_not_grow_with_the_rows_that_are_made(orphan, sample):
    """Fifty rows cost what one costs."""
    orphan.bring_parents(*range(1, 101))
    orphan.take(orphan.event(100))
    assert statements(orphan, range(1, 51)) == statements(orphan, [51])


@each_changing
def test_statements_do_not_grow_with_the_rows_that_are_changed(orphan, sample):
    """Fifty changes cost what one costs."""
    orphan.bring_parents(*range(1, 101))
    orphan.take(*(orphan.event(number, time=at(1)) for number in range(1, 52)))
    many = statements(orphan, range(1, 51), state=1, time=at(2))
    assert many == statements(orphan, [51], state=1, time=at(2))


@each_child
def test_statements_do_not_grow_with_the_orphans(orphan, sample):
    """Fifty that wait cost what one costs."""
    orphan.take(orphan.event(100))
    assert statements(orphan, range(1, 51), PARKED) == statements(orphan, [51], PARKED)
