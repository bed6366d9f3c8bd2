"""A room is judged by what its worker has kept, whatever the worker has counted."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from shared.demo.judgement import judge
from shared.demo.stream import Landed, Place
from shared.models import DeadLetter, ParkedEvent
from shared.outcomes import Outcome
from tests.shared.demo.conftest import ROOM
from tests.shared.demo.samples import RUN, STARTED, message

pytestmark = pytest.mark.django_db

PLACE = Place(f"{RUN.name}-books", 0, 3)


@pytest.fixture
def problems(book, plan, perform):
    """Judge a stream of one event that ended as planned, by the count and the log."""

    def judged(ends_as):
        performance = perform(plan(book(1), ends_as=ends_as))
        worker: Any = SimpleNamespace(committed_at={PLACE: 1.0}, parked=0)
        observer: Any = SimpleNamespace(
            landed=lambda stream: [Landed(stream[0], PLACE)],
            published_at={PLACE: 0.0},
            hashes={PLACE: hash(message(PLACE))},
        )
        return judge(performance, worker, observer, Counter({ends_as: 1})).problems

    return judged


def bury(place=PLACE, room=ROOM.name):
    """Store a dead letter."""
    DeadLetter.objects.create(room=room, buried_at=STARTED, **DeadLetter.columns_of(message(place)))


def park(place=PLACE, room=ROOM.name):
    """Store a parked event."""
    ParkedEvent.objects.create(
        room=room, parked_at=STARTED, retry_at=STARTED, **ParkedEvent.columns_of(message(place))
    )


@pytest.mark.parametrize(("ends_as", "keep"), [(Outcome.DEAD, bury), (Outcome.PARKED, park)])
def test_what_is_kept_as_planned_is_no_problem(problems, ends_as, keep):
    """The database gives the message back as it landed."""
    keep()
    assert not problems(ends_as)


@pytest.mark.parametrize(("ends_as", "keep"), [(Outcome.DEAD, park), (Outcome.PARKED, bury)])
def test_what_is_kept_in_the_wrong_place_is_a_problem(problems, ends_as, keep):
    """It is missed in the one table and too many in the other."""
    keep()
    assert len(problems(ends_as)) == 2


@pytest.mark.parametrize("ends_as", [Outcome.DEAD, Outcome.PARKED])
def test_what_is_only_counted_is_a_problem(problems, ends_as):
    """A count keeps nothing."""
    assert problems(ends_as) == [f"{PLACE} (book) is kept as {ends_as} 0 times, not 1"]


@pytest.mark.parametrize("keep", [bury, park])
def test_what_others_keep_does_not_count(problems, keep):
    """Neither what another room keeps of the run nor what the room keeps of another run."""
    keep(room="archive")
    keep(place=Place("demo-1-books", 0, 3))
    assert not problems(Outcome.APPLIED)
