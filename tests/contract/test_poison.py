"""Every damage comes to a stated end, is kept whole, and the neighbours don't notice."""

from __future__ import annotations

import pytest

from shared.models import DeadLetter
from shared.outcomes import Outcome
from tests.contract.bench import Bench
from tests.contract.catalogue import SAMPLES, each_room, each_sample, samples_of
from tests.contract.damage import DAMAGES, header

pytestmark = pytest.mark.django_db

BAD = [
    pytest.param(sample, bad, id=f"{sample}-{name}")
    for sample in SAMPLES
    for name, bad in sample.bad.items()
]


def bury_between(bench, message):
    """Let a message be buried between its neighbours, whole; return what its dead letter says."""
    ending = bench.take_between(message)
    assert ending.outcome is Outcome.DEAD
    letter = DeadLetter.objects.get()
    assert letter.message == message
    assert len(bench.sample.rows()) == 2
    return letter.error


@each_sample
@pytest.mark.parametrize(("make", "says"), DAMAGES.values(), ids=DAMAGES)
def test_damage_is_buried_whole_and_named(bench, sample, make, says):
    """The dead letter names the header or what is wrong with the bytes."""
    assert says in bury_between(bench, make(bench))


@pytest.mark.parametrize(("sample", "bad"), BAD)
def test_bad_value_is_buried_whole_and_named(bench, sample, bad):
    """The dead letter names the field, and not its value."""
    message = bench.event(edits={bad.path: bad.value})
    assert bury_between(bench, message).startswith(f"{sample.argument}.{bad.path}: {bad.problem}")


@each_sample
def test_redelivered_poison_is_buried_once(bench, sample):
    """A dead message that comes again leaves one dead letter."""
    message = header("ce_time")(bench)
    bench.take(message)
    bench.take(message)
    assert DeadLetter.objects.count() == 1


@each_room
def test_batch_of_nothing_but_poison_is_settled(wire, room):
    """Every case of every route at once ends as it does alone, in the order of arrival."""
    benches = [Bench(wire, sample) for sample in samples_of(room)]
    messages = [make(bench) for bench in benches for make, _ in DAMAGES.values()]
    messages += [
        bench.event(edits={bad.path: bad.value})
        for bench in benches
        for bad in bench.sample.bad.values()
    ]
    result = wire.take(room, messages)
    assert [ending.message for ending in result.endings] == messages
    assert {ending.outcome for ending in result.endings} == {Outcome.DEAD}
    assert DeadLetter.objects.count() == len(messages)
