"""A child whose parent isn't there waits, loses nothing, and is taken when the parent comes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.conf import get_settings
from shared.models import DeadLetter, ParkedEvent
from shared.outcomes import Outcome
from shared.parking import LONGEST_PAUSE
from tests.contract.bench import at
from tests.contract.catalogue import each_child
from tests.wire import NOW

pytestmark = pytest.mark.django_db

APPLIED, PARKED, DEAD = Outcome.APPLIED, Outcome.PARKED, Outcome.DEAD


def retry(orphan, now=NOW):
    """Let the worker retry what is due, and return how each event ended."""
    return [ending.outcome for ending in orphan.wire.retry(orphan.sample.room, now=now).endings]


@each_child
def test_orphan_waits(orphan, sample):
    """It is kept whole and leaves no row."""
    event = orphan.event()
    assert orphan.take(event) == [PARKED]
    assert sample.rows() == []
    assert ParkedEvent.objects.get().message == event
    assert not DeadLetter.objects.exists()


@each_child
def test_orphan_that_comes_again_waits_once(orphan, sample):
    """A redelivered message is parked once."""
    event = orphan.event()
    assert orphan.take(event, event) == [PARKED, PARKED]
    assert orphan.take(event) == [PARKED]
    assert ParkedEvent.objects.count() == 1


@each_child
def test_orphans_are_adopted_when_the_parent_comes(orphan, sample):
    """All of them, at once: none waits for its pause to end."""
    orphan.take(*(orphan.event(number, time=at(1)) for number in (1, 2)))
    assert retry(orphan) == []
    orphan.bring_parents(1)
    assert retry(orphan) == [APPLIED, APPLIED]
    for number in (1, 2):
        assert sample.row(number).items() <= orphan.row_of(number).items()
    assert not ParkedEvent.objects.exists()


@each_child
def test_newest_of_a_rows_orphans_wins(orphan, sample):
    """Whatever the order in which they were parked."""
    orphan.take(orphan.event(state=1, time=at(2)), orphan.event(time=at(1)))
    orphan.bring_parents(1)
    retry(orphan)
    assert orphan.said() == sample.row(state=1)
    assert orphan.row()["position"].time == at(2)


@each_child
def test_late_orphan_does_not_overtake(orphan, sample):
    """What came directly and is newer stays."""
    orphan.take(orphan.event(time=at(1)))
    orphan.bring_parents(1)
    assert orphan.take(orphan.event(state=1, time=at(2))) == [APPLIED]
    assert retry(orphan) == [Outcome.STALE]
    assert orphan.said() == sample.row(state=1)


@each_child
def test_family_in_one_batch_needs_no_waiting(orphan, sample):
    """Even if the children come first: parents are written first."""
    family = [orphan.event(1), orphan.event(2), *orphan.parents(1)]
    assert orphan.take(*family) == [APPLIED] * len(family)
    assert not ParkedEvent.objects.exists()


@each_child
def test_orphan_is_buried_in_the_end(orphan, sample):
    """Whole, with what it waited for; until then it is tried again."""
    event = orphan.event()
    orphan.take(event)
    max_age = timedelta(seconds=get_settings().park_max_age)
    assert retry(orphan, NOW + max_age - timedelta(seconds=1)) == [PARKED]
    # Only the worker was away so long: the parent may be among what it has yet to read.
    late = NOW + max_age + timedelta(hours=1)
    assert retry(orphan, late) == [PARKED]
    assert retry(orphan, late + LONGEST_PAUSE) == [DEAD]
    letter = DeadLetter.objects.get()
    assert letter.message == event
    assert letter.error.startswith("Still waiting after")
    assert not ParkedEvent.objects.exists()
    assert sample.rows() == []
