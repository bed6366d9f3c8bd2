"""A batch is settled whole, in one transaction, and every event in it has an outcome."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, models

from shared.batches import Arrival, Ignored, Retried, Undecodable
from shared.consumer import Room
from shared.exceptions import FatalError, TransientError
from shared.messages import Event
from shared.models import DeadLetter, OutcomeCount, ParkedEvent
from shared.ordering import Position
from shared.outcomes import Outcome
from shared.testing import deliver, registered
from tests.library import NOW, book, is_untouched, outcomes, settled, shelf
from tests.testapp import room as testapp
from tests.testapp.models import Book, Shelf

pytestmark = pytest.mark.django_db

APPLIED, DEAD = Outcome.APPLIED, Outcome.DEAD


def contents(table: type[models.Model]) -> list[dict[str, Any]]:
    """Return a table's rows."""
    return list(table._default_manager.order_by("pk").values())


# ------------------------------------------------------------------ outcomes


def test_each_event_has_its_outcome(library):
    """One batch may hold every outcome, in order of arrival."""
    first = shelf(time=NOW)
    deliver(library, first, book("1", time=NOW))
    arrivals: list[tuple[Arrival, Outcome]] = [
        (first, Outcome.UNCHANGED),
        (Undecodable(shelf().message, "value: damaged"), DEAD),
        (Ignored(shelf().message), Outcome.IGNORED),
        (book("9", code="nowhere", time=NOW), Outcome.PARKED),
        (book("2", "unwanted", time=NOW), Outcome.FILTERED),
        (book("1", time=NOW - timedelta(seconds=1)), Outcome.STALE),
        (book("3", time=NOW), APPLIED),
    ]
    result = settled(library, *(arrival for arrival, _ in arrivals))
    assert [(ending.message, ending.outcome) for ending in result.endings] == [
        (arrival.message, outcome) for arrival, outcome in arrivals
    ]


def test_event_of_two_consumers_ends_for_each(settings):
    """Consumers of one room settle an event independently."""
    destinations = {"shelves": "tests.testapp.room.write_shelves"}
    destinations["labels"] = destinations["shelves"]
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "DESTINATIONS": destinations}
    labels = replace(testapp.SHELVES, name="labels")
    with registered(testapp.ROOM, testapp.SHELVES, labels) as room:
        result = deliver(room, shelf())
    ended = [(ending.consumer, ending.outcome) for ending in result.endings]
    assert ended == [("shelves", APPLIED), ("labels", Outcome.UNCHANGED)]


def test_event_that_no_consumer_takes_is_ignored(library):
    """The host's receivers wanted it; the room accounts for it all the same."""
    with registered("other", replace(testapp.SHELVES, name="other-shelves")) as other:
        result = settled(other, book())
    assert outcomes(result) == [Outcome.IGNORED]
    assert OutcomeCount.objects.get().ignored == 1


@pytest.mark.parametrize(
    "consumer",
    [replace(testapp.SHELVES, name="renamed"), replace(testapp.SHELVES, name="books")],
)
def test_parked_event_that_its_consumer_takes_no_more_is_buried(library, consumer):
    """A deploy that renames a consumer or drops a route leaves no parked event behind."""
    orphan = book()
    deliver(library, orphan)
    room = Room(testapp.ROOM, (consumer,))
    result = settled(room, Retried(ParkedEvent.objects.get(), orphan))
    assert result.counts["books"] == {DEAD: 1, Outcome.PARKED: -1}
    assert "no longer consumes this event type" in DeadLetter.objects.get().error
    assert not ParkedEvent.objects.exists()


# ------------------------------------------------------------------ one transaction


@pytest.mark.parametrize(
    ("error", "raised"), [(OperationalError(), TransientError), (ValueError(), FatalError)]
)
def test_failure_in_counting_rolls_all_back(library, monkeypatch, error, raised):
    """Rows, parked events, dead letters and counts are there together or not at all."""

    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(OutcomeCount, "add", fail)
    with pytest.raises(raised):
        settled(library, shelf(), book("1"), book("2", code="B"), book("3", price=-1))
    assert is_untouched()


def test_inspection_that_raises_keeps_all_from_being_committed(library):
    """The flood breaker looks at the endings first."""

    def refuse(endings: Any) -> None:
        raise FatalError(" ".join(ending.outcome for ending in endings))

    with pytest.raises(FatalError, match="applied applied dead"):
        settled(library, shelf(), book("1"), book("2", price=-1), inspect=refuse)
    assert is_untouched()


# ------------------------------------------------------------------ clock


def stamped(event: Event, seconds: float) -> Event:
    """Return an event that the broker took so many seconds after ``NOW``."""
    timestamp = NOW + timedelta(seconds=seconds)
    return replace(event, message=replace(event.message, timestamp=timestamp))


@pytest.mark.parametrize(("ahead", "outcome"), [(300, APPLIED), (300.001, DEAD)])
def test_event_from_the_future_is_buried(library, ahead, outcome):
    """It would make its row deaf; a clock may be wrong by the configured skew."""
    event = stamped(shelf(time=NOW + timedelta(seconds=ahead)), 0)
    assert outcomes(settled(library, event)) == [outcome]
    errors = list(DeadLetter.objects.values_list("error", flat=True))
    assert all("header ce_time" in error and "MAX_CLOCK_SKEW" in error for error in errors)


def test_skew_is_judged_by_the_messages_timestamp(library):
    """An event doesn't become right by being read late."""
    event = stamped(shelf(time=NOW - timedelta(hours=1)), -7200)
    assert outcomes(settled(library, event)) == [DEAD]


def test_skew_is_judged_by_our_clock_where_the_timestamp_is_wrong_as_well(library):
    """A producer whose clock is ahead stamps its message with that clock, too."""
    event = stamped(shelf(time=NOW + timedelta(days=365)), 365 * 86400)
    assert outcomes(settled(library, event)) == [DEAD]


def test_skew_is_judged_by_our_clock_without_a_timestamp(library):
    """The signal carrier knows no message's timestamp."""
    event = shelf(time=NOW + timedelta(hours=1))
    event = replace(event, message=replace(event.message, timestamp=None))
    assert outcomes(settled(library, event)) == [DEAD]


def test_unwanted_event_from_the_future_is_filtered(library):
    """What isn't wanted harms no row."""
    event = stamped(book(title="unwanted", time=NOW + timedelta(days=365)), 0)
    assert outcomes(settled(library, event)) == [Outcome.FILTERED]


# ------------------------------------------------------------------ further filters


def is_cheap(data, metadata):
    """Want books of a low price; fail on those that are priceless."""
    return data["book"].price < 10 if data["book"].title != "priceless" else 1 / 0


def is_new(data, metadata):
    """Want events of the last day."""
    return metadata.time > NOW - timedelta(days=1)


@pytest.fixture
def filtered(settings):
    """Name two further filters of the books."""
    filters = {"books": [f"{__name__}.is_cheap", f"{__name__}.is_new"]}
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "FILTERS": filters}


def test_event_that_any_filter_refuses_is_filtered(library, filtered):
    """What all want is applied; the route's own filter still counts."""
    old = NOW - timedelta(days=2)
    events = [
        book("1", price=10, time=NOW),
        book("2", time=old),
        book("3", "unwanted", time=NOW),
        book("4", time=NOW),
    ]
    refused = Outcome.FILTERED
    assert outcomes(settled(library, shelf(time=old), *events)) == [
        APPLIED,
        refused,
        refused,
        refused,
        APPLIED,
    ]
    assert Book.objects.get().isbn == "4"


def test_filtered_event_touches_nothing(library, filtered):
    """Neither the row that is there nor its position."""
    settled(library, shelf(time=NOW), book(time=NOW))
    before = contents(Book)
    later = NOW + timedelta(seconds=1)
    assert outcomes(settled(library, book(price=11, time=later))) == [Outcome.FILTERED]
    assert contents(Book) == before


def test_filters_of_one_consumer_do_not_concern_another(library, filtered):
    """They wouldn't even understand its events."""
    assert outcomes(settled(library, shelf(time=NOW - timedelta(days=9)))) == [APPLIED]


def test_filter_that_raises_buries_its_event_alone(library, filtered):
    """The dead letter says where, and nothing of the book."""
    events = [book("1", "priceless", time=NOW), book("2", time=NOW)]
    assert outcomes(settled(library, shelf(time=NOW), *events)) == [APPLIED, DEAD, APPLIED]
    error = DeadLetter.objects.get().error
    assert "ZeroDivisionError" in error
    assert "test_pipeline" in error
    assert "priceless" not in error


def test_filter_is_not_asked_about_what_the_route_refuses(library, settings):
    """It meets only events that its consumer wants."""
    filters = {"books": [f"{__name__}.is_cheap"]}
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "FILTERS": filters}
    refuse = replace(testapp.BOOKS.routes[0], accept=lambda data, metadata: False)
    books = replace(testapp.BOOKS, routes=(refuse,))
    result = settled(Room(testapp.ROOM, (books,)), book(title="priceless"))
    assert outcomes(result) == [Outcome.FILTERED]


def test_filter_that_cannot_be_had_is_fatal(library, settings):
    """Nothing of the batch is committed: without the filter it would be let in."""
    filters = {"books": ["tests.testapp.room.nothing"]}
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "FILTERS": filters}
    with pytest.raises(FatalError, match=r"FILTERS.*books.*can't be imported"):
        settled(library, shelf(), book())
    assert is_untouched()


def test_parked_event_that_is_filtered_now_is_parked_no_more(library, settings):
    """A filter that was added meanwhile counts for what waits, too."""
    orphan = book(price=11)
    settled(library, orphan)
    filters = {"books": [f"{__name__}.is_cheap"]}
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "FILTERS": filters}
    result = settled(library, Retried(ParkedEvent.objects.get(), orphan))
    assert outcomes(result) == [Outcome.FILTERED]
    assert not ParkedEvent.objects.exists()


# ------------------------------------------------------------------ events that only create


@pytest.fixture
def announced():
    """A room in which a book announces its shelf: a row for it, and nothing that is known of it."""
    announce = replace(
        testapp.BOOKS.routes[0],
        to_record=lambda data, _: testapp.ShelfRecord(code=data["book"].code, label=""),
        creates_only=True,
    )
    shelves = replace(testapp.SHELVES, routes=(*testapp.SHELVES.routes, announce))
    with registered(testapp.ROOM, shelves) as room:
        yield room


def test_event_that_only_creates_makes_a_row_at_the_lowest_position(announced):
    """Its own time doesn't count."""
    assert outcomes(settled(announced, book(time=NOW))) == [APPLIED]
    made = Shelf.objects.get()
    assert (made.code, made.label, made.position) == ("A", "", Position.lowest())


@pytest.mark.parametrize("seconds", [-1, 0, 1])
@pytest.mark.parametrize("together", [True, False])
def test_event_that_only_creates_changes_no_row(announced, seconds, together):
    """Whichever is older, and whichever comes first, the row says what the other event says."""
    announcement, full = book(time=NOW + timedelta(seconds=seconds)), shelf(time=NOW)
    for events in ([announcement, full], [full, announcement]):
        Shelf.objects.all().delete()
        batches = [events] if together else [[event] for event in events]
        ended = [outcome for batch in batches for outcome in outcomes(settled(announced, *batch))]
        found = Shelf.objects.get()
        assert (found.label, found.position) == ("novels", full.position)
        assert ended == [APPLIED, APPLIED if events[0] is announcement else Outcome.STALE]


def test_event_that_only_creates_says_nothing_twice(announced):
    """A row that was only created is not created again."""
    assert outcomes(settled(announced, book(time=NOW), book(time=NOW))) == [
        APPLIED,
        Outcome.UNCHANGED,
    ]


def test_event_that_only_creates_may_not_come_from_the_future(announced):
    """A producer whose clock is wrong is told of, harmless as it is here."""
    event = stamped(book(time=NOW + timedelta(hours=1)), 0)
    assert outcomes(settled(announced, event)) == [DEAD]


# ------------------------------------------------------------------ counts


def counts() -> dict[tuple[str, str, int], dict[str, int]]:
    """Return what is counted: by worker, consumer and minute, the outcomes that aren't 0."""
    return {
        (row.worker, row.consumer, round((row.minute - _minute()).total_seconds() / 60)): {
            name: n for name in OutcomeCount.OUTCOMES if (n := getattr(row, name))
        }
        for row in OutcomeCount.objects.filter(room=testapp.ROOM)
    }


def _minute() -> datetime:
    return NOW.replace(second=0, microsecond=0)


def test_outcomes_are_counted_by_consumer(library):
    """What no consumer saw is counted for none."""
    settled(library, shelf(), book(), book("2", price=-1), Ignored(shelf().message))
    assert counts() == {
        ("w", "shelves", 0): {"applied": 1},
        ("w", "books", 0): {"applied": 1, "dead": 1},
        ("w", "", 0): {"ignored": 1},
    }


def test_batches_of_a_minute_add_up(library):
    """Two batches of one worker and minute share a row."""
    event = shelf(time=NOW - timedelta(minutes=1))
    for second in (0, 29):
        settled(library, event, now=NOW + timedelta(seconds=second))
    assert counts() == {("w", "shelves", 0): {"applied": 1, "unchanged": 1}}


def test_minutes_and_workers_are_counted_apart(library):
    """Each has a row of its own."""
    event = shelf(time=NOW - timedelta(minutes=1))
    settled(library, event)
    settled(library, event, now=NOW + timedelta(seconds=30))
    settled(library, event, worker="other")
    assert counts() == {
        ("w", "shelves", 0): {"applied": 1},
        ("w", "shelves", 1): {"unchanged": 1},
        ("other", "shelves", 0): {"unchanged": 1},
    }


# ------------------------------------------------------------------ redelivery


def test_redelivered_batch_changes_nothing_but_counts(library):
    """A crash between the database's commit and the broker's is harmless."""
    arrivals = (
        shelf(time=NOW),
        book("1", time=NOW),
        book("2", price=-1, time=NOW),
        book("3", code="nowhere", time=NOW),
        book("1", "older", time=NOW - timedelta(seconds=1)),
        Undecodable(shelf().message, "value: damaged"),
    )
    settled(library, *arrivals)
    before = [contents(table) for table in (Shelf, Book, DeadLetter, ParkedEvent)]
    again = settled(library, *arrivals)
    assert [contents(table) for table in (Shelf, Book, DeadLetter, ParkedEvent)] == before
    assert outcomes(again) == [
        Outcome.UNCHANGED,
        Outcome.UNCHANGED,
        DEAD,
        Outcome.PARKED,
        Outcome.STALE,
        DEAD,
    ]
    assert counts()["w", "books", 0] == {
        "applied": 1,
        "unchanged": 1,
        "stale": 2,
        "parked": 2,
        "dead": 2,
    }


def test_message_twice_in_one_batch_is_settled_twice_and_kept_once(library):
    """A group that goes back may bring a message again before its batch is settled."""
    poison, orphan = book("2", price=-1), book("3", code="nowhere")
    result = settled(library, shelf(), poison, orphan, poison, orphan)
    assert outcomes(result) == [APPLIED, DEAD, Outcome.PARKED, DEAD, Outcome.PARKED]
    assert (DeadLetter.objects.count(), ParkedEvent.objects.count()) == (1, 1)
