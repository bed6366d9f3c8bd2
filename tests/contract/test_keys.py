"""What must stay in order shares a partition: its keys are equal, byte for byte."""

from __future__ import annotations

from tests.contract.bench import Bench
from tests.contract.catalogue import SAMPLES, each_child, each_sample


@each_sample
def test_events_of_a_row_have_one_key(orphan, sample):
    """Whichever event of the consumer tells of the row, and whatever its state."""
    siblings = [each for each in SAMPLES if each.consumer == sample.consumer]
    keys = {
        Bench(orphan.wire, each).event(state=state).key
        for each in siblings
        for state in range(len(each.changes) + 1)
    }
    assert keys == {orphan.event().key}


@each_child
def test_child_has_the_key_of_its_parents(orphan, sample):
    """A family arrives in order, as long as nothing else goes wrong."""
    keys = {message.key for message in orphan.parents(1)}
    assert keys == {orphan.event(1).key, orphan.event(2).key}


@each_sample
def test_room_reads_the_topic_that_the_event_is_on(orphan, sample):
    """Two consumers of one event can't disagree about its topic."""
    assert orphan.event().topic == sample.consumer.topic
