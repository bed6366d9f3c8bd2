"""Outcomes are counted per worker and from a beginning."""

from __future__ import annotations

import pytest
from django.utils import timezone

from shared.demo.tally import Tally
from shared.models import OutcomeCount
from shared.outcomes import Outcome

pytestmark = pytest.mark.django_db


def count(worker, room="library", **counts):
    """Count outcomes as a worker does."""
    OutcomeCount.add(counts, worker=worker, room=room, consumer="", minute=timezone.now())


def test_only_what_these_workers_count_from_now_on_is_read():
    """An earlier worker of the same name, and others at the same time, don't count."""
    count("host:1", applied=5)
    tally = Tally(["host:1", "host:2"])
    count("host:1", applied=1, dead=1)
    count("host:2", applied=2)
    count("host:3", applied=100)
    outcomes = tally.read()["library"]
    assert (outcomes[Outcome.APPLIED], outcomes[Outcome.DEAD]) == (3, 1)
    assert outcomes.total() == 4


def test_each_room_has_its_own_counts():
    """One without any has none."""
    tally = Tally(["host:1", "host:2"])
    count("host:1", applied=1)
    count("host:2", room="archive", stale=2)
    outcomes = tally.read()
    assert outcomes["library"] == {**dict.fromkeys(Outcome, 0), Outcome.APPLIED: 1}
    assert outcomes["archive"].total() == 2
    assert outcomes["museum"].total() == 0


def test_a_parked_event_is_counted_where_it_ended():
    """Of one that waits no more, the worker takes one off."""
    tally = Tally(["host:1"])
    count("host:1", parked=1)
    count("host:1", parked=-1, applied=1)
    assert +tally.read()["library"] == {Outcome.APPLIED: 1}
