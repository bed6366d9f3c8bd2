"""The stream is shared out by its kinds' shares, to the last event."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from shared.demo.stream import Kind, RawMessage, Run, apportion, interleave, schedule, write

STARTED = datetime(2026, 3, 4, tzinfo=UTC)


def kind(name, share):
    """Return a kind that writes nothing."""
    return Kind(name=name, share=share, write=lambda author: author)


@pytest.mark.parametrize("total", [0, 1, 7, 100, 999, 1000, 12_345])
def test_apportion_gives_away_the_whole(total):
    """Nothing is left over and nothing is invented."""
    assert sum(apportion([300, 333, 333, 34], total)) == total


def test_apportion_is_never_off_by_one_or_more():
    """Each part lies within one of its exact share."""
    shares = [300, 333, 333, 34]
    counts = apportion(shares, 101)
    assert all(
        abs(count - 101 * share / 1000) < 1 for count, share in zip(counts, shares, strict=True)
    )


def test_apportion_rounds_the_largest_remainders_up():
    """Of 1.5, 0.9 and 0.6 the latter two are rounded up."""
    assert apportion([50, 30, 20], 3) == [1, 1, 1]


def test_schedule_has_each_kind_in_its_share():
    """A thousand events have each kind as often as its share says."""
    kinds = [kind("a", 600), kind("b", 390), kind("c", 10)]
    names = Counter(k.name for k in schedule(kinds, 1000, Random(1)))
    assert names == {"a": 600, "b": 390, "c": 10}


def test_schedule_begins_with_the_first_kind():
    """The others refer to events before them."""
    kinds = [kind("first", 10), kind("other", 990)]
    assert all(next(schedule(kinds, 1000, Random(n))).name == "first" for n in range(20))


@pytest.mark.parametrize("events", [1, 2, 10])
def test_the_first_kind_begins_whatever_its_share(events):
    """A short stream is as long as it shall be all the same."""
    kinds = [kind("first", 10), kind("small", 300), kind("large", 690)]
    names = [each.name for each in schedule(kinds, events, Random(1))]
    assert names[0] == "first"
    assert len(names) == events


def test_a_stream_of_nothing_is_possible():
    """There may be fewer events than rooms."""
    assert not list(schedule([kind("first", 1000)], 0, Random(1)))


def test_schedule_is_shuffled_by_its_random():
    """Another random, another order; the same, the same."""
    kinds = [kind("a", 500), kind("b", 500)]
    one, same, other = ([k.name for k in schedule(kinds, 50, Random(n))] for n in (1, 1, 2))
    assert one == same
    assert one != other


def test_interleave_takes_turns(book, plan):
    """Streams of different length keep their order."""
    one, two, three, other = (plan(book(n)) for n in range(4))
    assert list(interleave([[one, two, three], [other]])) == [one, other, two, three]


def test_runs_have_ids_and_topics_of_their_own():
    """Two runs of one database don't meet, be they a millisecond apart."""
    one, other = (
        Run(events=1, seed=1, started=STARTED + timedelta(milliseconds=n)) for n in (0, 1)
    )
    assert not set(one.ids[-5:]) & set(other.ids[:5])
    assert one.ids.stop <= other.ids.start
    assert one.name != other.name


def test_uuids_are_the_run_s_own():
    """The same for the same name."""
    one, other = (
        Run(events=1, seed=1, started=STARTED + timedelta(milliseconds=n)) for n in (0, 1)
    )
    assert one.uuid("plan 1") == one.uuid("plan 1")
    assert len({one.uuid("plan 1"), one.uuid("plan 2"), other.uuid("plan 1")}) == 3


def test_ids_of_a_run_fit_a_bigint():
    """For a hundred years."""
    run = Run(events=1, seed=1, started=STARTED + timedelta(days=36_500))
    assert run.ids.stop < 2**63


class Clockwork:
    """An author that counts."""

    now = STARTED

    def tick(self):
        """Go a second further."""
        self.now += timedelta(seconds=1)
        return self.now


def test_every_message_takes_its_turn():
    """One that bears no time of its own as well: those after it aren't older for it."""
    poison = RawMessage(event_id="", headers=(), value=None)
    timeless: Kind[Any] = Kind(name="timeless", share=500, write=lambda _: poison)
    timed: Kind[Any] = Kind(name="timed", share=500, write=lambda author: author.tick())
    planned = write([timed, timeless, timeless, timed], Clockwork(), topic="topic")
    assert planned[0].message == STARTED + timedelta(seconds=1)
    assert planned[-1].message == STARTED + timedelta(seconds=4)
