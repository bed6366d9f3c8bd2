"""An event whose parent is missing waits, and nothing of it is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from shared import parking
from shared.batches import Batch, Retried
from shared.direct import decode_stored
from shared.exceptions import UndecodableMessage, UnknownEventType
from shared.models import DeadLetter, ParkedEvent
from shared.outcomes import Outcome
from shared.pipeline import settle
from shared.testing import deliver, make_event
from tests.testapp.events import BOOK_CHANGED, SHELF_CHANGED, BookData, ShelfData
from tests.testapp.models import Book

pytestmark = pytest.mark.django_db


def book(title="Emma", code="A", isbn="1", price=1, **kwargs):
    """Return a book event."""
    data = BookData(code=code, isbn=isbn, title=title, price=price)
    return make_event(BOOK_CHANGED, topic="", partition=-1, book=data, **kwargs)


def shelf(code="A", **kwargs):
    """Return a shelf event."""
    return make_event(SHELF_CHANGED, shelf=ShelfData(code=code, label="novels"), **kwargs)


def retry(room, now=None):
    """Settle what is due, as the worker does."""
    now = now or timezone.now()
    due = parking.due(room.name, [""], limit=100, now=now)
    arrivals = tuple(Retried(event, decode_stored(event.message)) for event in due)
    return settle(Batch(room=room, group="g", worker="w", arrivals=arrivals), now=now)


def outcomes(result):
    """Return the outcomes of a batch in order."""
    return [ending.outcome for ending in result.endings]


def test_orphan_is_parked(library):
    """A book without its shelf is neither written nor lost."""
    assert outcomes(deliver(library, book())) == [Outcome.PARKED]
    assert ParkedEvent.objects.get().waiting_for == "shelves:a"
    assert not Book.objects.exists()


def test_parent_wakes_its_orphans_only(library):
    """The shelf's arrival makes its books due, and no others."""
    deliver(library, book(), book(isbn="2", code="B"))
    assert deliver(library, shelf()).woken == 1
    assert [
        e.waiting_for for e in parking.due(library.name, [""], limit=9, now=timezone.now())
    ] == ["shelves:a"]


def test_woken_event_is_applied_and_counted_once(library):
    """What was parked and then applied counts as applied, and is parked no more."""
    deliver(library, book())
    deliver(library, shelf())
    result = retry(library)
    assert outcomes(result) == [Outcome.APPLIED]
    assert result.counts["books"] == {Outcome.APPLIED: 1, Outcome.PARKED: -1}
    assert Book.objects.get().title == "Emma"
    assert not ParkedEvent.objects.exists()


def test_parent_in_the_same_batch_is_written_first(library):
    """A room's consumers write in declared order, whatever the order of arrival."""
    assert outcomes(deliver(library, book(), shelf())) == [Outcome.APPLIED, Outcome.APPLIED]


def test_parked_retry_backs_off(library):
    """Each failed try doubles the pause."""
    now = timezone.now()
    deliver(library, book(), now=now)
    for times in (1, 2, 4):
        event = ParkedEvent.objects.get()
        assert event.retry_at - now == times * parking.FIRST_PAUSE
        now = event.retry_at
        retry(library, now)
    assert ParkedEvent.objects.get().attempts == 3


def test_parked_too_long_is_buried(library, settings):
    """After the limit a person must look; the event is kept whole.

    A retry that was due before the limit doesn't count: it was the worker that was away.
    """
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "PARK_MAX_AGE": 60}
    orphan = book()
    deliver(library, orphan)
    late = timezone.now() + timedelta(seconds=61)
    assert outcomes(retry(library, late)) == [Outcome.PARKED]
    result = retry(library, late + parking.LONGEST_PAUSE)
    assert outcomes(result) == [Outcome.DEAD]
    assert result.counts["books"] == {Outcome.DEAD: 1, Outcome.PARKED: -1}
    letter = DeadLetter.objects.get()
    assert "shelves:a has not arrived" in letter.error
    assert letter.message == orphan.message
    assert not ParkedEvent.objects.exists()


def test_redelivered_orphan_parks_once(library):
    """A message that is delivered twice waits once."""
    orphan = book()
    deliver(library, orphan)
    deliver(library, orphan)
    assert ParkedEvent.objects.count() == 1


def test_late_orphan_does_not_overwrite_newer_book(library):
    """A parked event passes the ordering guard like any other."""
    now = timezone.now()
    deliver(library, book("old", time=now - timedelta(hours=1)))
    deliver(library, shelf(), book("new", time=now))
    assert outcomes(retry(library)) == [Outcome.STALE]
    assert Book.objects.get().title == "new"


@pytest.mark.parametrize(
    ("decode_error", "reason"),
    [
        (UndecodableMessage("value: damaged"), "value: damaged"),
        (UnknownEventType(), "header ce_type: known no more"),
    ],
)
def test_parked_event_that_cannot_be_decoded_any_more_is_buried(library, decode_error, reason):
    """A deploy that forgets an event type or a schema leaves no parked event behind in silence."""

    def decode(message):
        raise decode_error

    deliver(library, book())
    arrivals = parking.arrivals_of(ParkedEvent.objects.all(), decode)
    result = settle(
        Batch(room=library, group="g", worker="w", arrivals=arrivals), now=timezone.now()
    )
    assert result.counts["books"] == {Outcome.DEAD: 1, Outcome.PARKED: -1}
    assert DeadLetter.objects.get().error == reason
    assert not ParkedEvent.objects.exists()


def test_what_is_woken_comes_before_what_has_long_been_due(library):
    """However many orphans without a parent are waiting for their turn."""
    for number in range(3):
        deliver(library, book(isbn=f"stranger-{number}", code="Z"))
    deliver(library, book(isbn="child"))
    later = timezone.now() + timedelta(hours=1)
    deliver(library, shelf(), now=later)
    first = parking.due(library.name, [""], limit=1, now=later)
    assert [event.waiting_for for event in first] == ["shelves:a"]
