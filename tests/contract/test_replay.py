"""What died of its destination is replayed when that is mended, and ends as it would have."""

from __future__ import annotations

import pytest

from shared.conf import get_settings
from shared.models import DeadLetter, ParkedEvent, Repair
from shared.repairs import By
from shared.replay import replay
from tests.contract.bench import Bench, at
from tests.contract.catalogue import SAMPLES, each_changing, each_child, each_sample
from tests.contract.damage import DAMAGES

pytestmark = pytest.mark.django_db

ME = By("ada", "mended")

STATES = [
    pytest.param(sample, state, id=f"{sample}-{state}")
    for sample in SAMPLES
    for state in range(len(sample.changes) + 1)
]


def die(bench: Bench, *messages) -> None:
    """Let the consumer's destination fail for these messages."""

    def fail(records):
        raise ValueError("broken")

    path = get_settings().destinations[bench.sample.consumer.name]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(path, fail)
        assert set(bench.take(*messages)) == {"dead"}


def replayed() -> list[str]:
    """Replay all, and return how each ended."""
    return [each.result for each in replay(DeadLetter.objects.all(), ME)]


@pytest.mark.parametrize(("sample", "state"), STATES)
def test_row_is_as_the_event_says(bench, sample, state):
    """Every column, as if the destination had never failed; a second replay finds nothing."""
    die(bench, bench.event(state=state, time=at(1)))
    assert sample.rows() == []
    assert replayed() == ["applied"]
    assert bench.said() == sample.row(state=state)
    assert not DeadLetter.objects.exists()
    before = bench.row()
    assert replayed() == []
    assert bench.row() == before
    assert [repair.result for repair in Repair.objects.all()] == ["applied"]


@each_changing
def test_older_than_the_row_is_stale(bench, sample):
    """What came meanwhile stays."""
    die(bench, bench.event(state=1, time=at(1)))
    bench.take(bench.event(time=at(2)))
    before = bench.row()
    assert replayed() == ["stale"]
    assert bench.row() == before
    assert not DeadLetter.objects.exists()


@each_changing
def test_newer_than_the_row_wins(bench, sample):
    """Though it was dead for a while."""
    bench.take(bench.event(time=at(1)))
    die(bench, bench.event(state=1, time=at(2)))
    assert replayed() == ["applied"]
    assert bench.said() == sample.row() | sample.known(state=1)


@each_sample
def test_redelivered_while_it_was_dead(bench, sample):
    """It was settled by then: the replay changes nothing."""
    message = bench.event(time=at(1))
    die(bench, message)
    bench.take(message)
    before = bench.row()
    assert replayed() == ["unchanged"]
    assert bench.row() == before


@each_child
def test_orphan_waits(orphan, sample):
    """Its parent wakes it, and then the row is as the event says."""
    die(orphan, orphan.event(time=at(1)))
    assert replayed() == ["parked"]
    assert ParkedEvent.objects.count() == 1
    orphan.bring_parents(1)
    assert [ending.outcome for ending in orphan.wire.retry(sample.room).endings] == ["applied"]
    assert orphan.said() == sample.row()


@each_sample
def test_damage_stays(bench, sample):
    """Each once, whole, and with the same words as before."""
    messages = {make(bench): says for make, says in DAMAGES.values()}
    bench.take(*messages)
    assert replayed() == ["dead"] * len(messages)
    letters = DeadLetter.objects.all()
    assert {letter.message for letter in letters} == set(messages)
    assert {letter.attempts for letter in letters} == {2}
    assert all(messages[letter.message] in letter.error for letter in letters)
