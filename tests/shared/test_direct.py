"""With the "signal" carrier an event is settled at once, by whichever consumer sends its signal."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from shared.direct import decode_stored
from shared.exceptions import TransientError, UndecodableMessage, UnknownEventType
from shared.messages import NO_PARTITION, Event, Message
from shared.models import DeadLetter, OutcomeCount, ParkedEvent
from tests.library import book, shelf
from tests.testapp import room
from tests.testapp.models import Book, Shelf

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _signal_carrier(library, settings):
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "CARRIER": "signal"}


def send(event: Event) -> Exception | None:
    """Send an event as the stock consumers do; return what our receiver raised."""
    sent = event.signal.send_event_with_custom_metadata(event.metadata, **event.data)
    ((_, response),) = sent
    assert response is None or isinstance(response, Exception)
    return response


def test_event_is_settled_at_once():
    """When the signal was sent, the row is there and the outcome counted."""
    assert send(shelf(label="novels")) is None
    assert Shelf.objects.get().label == "novels"
    assert OutcomeCount.objects.get(consumer="shelves").applied == 1


def test_older_event_is_stale():
    """The ordering guard is the worker's."""
    now = timezone.now()
    send(shelf(label="new", time=now))
    send(shelf(label="old", time=now - timedelta(seconds=1)))
    assert Shelf.objects.get().label == "new"


def test_ties_of_event_time_follow_arrival():
    """Without an offset, what arrives later is newer."""
    now = timezone.now()
    for label in ("first", "second", "first"):
        send(shelf(label=label, time=now))
    assert Shelf.objects.get().label == "first"
    assert OutcomeCount.objects.get(consumer="shelves").applied == 3


def test_poison_becomes_a_dead_letter_that_can_be_replayed():
    """Its message holds the event as this process encodes it, and decodes back to it."""
    poison = book(price=-1)
    send(shelf())
    assert send(poison) is None
    letter = DeadLetter.objects.get()
    decoded = decode_stored(letter.message)
    assert (decoded.signal, decoded.data, decoded.metadata) == (
        poison.signal,
        poison.data,
        poison.metadata,
    )
    assert (letter.partition, letter.topic, letter.group) == (NO_PARTITION, "", room.ROOM)


def test_orphan_is_parked_and_settled_when_its_parent_arrives():
    """The parent's event settles what waited for it."""
    send(book("1"))
    assert ParkedEvent.objects.count() == 1
    send(shelf())
    assert Book.objects.get().isbn == "1"
    assert not ParkedEvent.objects.exists()


def test_events_that_a_worker_parked_are_left_to_a_worker():
    """They hold the broker's bytes, which this process can't read without a registry."""
    send(book("1"))
    ParkedEvent.objects.update(topic="tests-library", partition=3, retry_at=timezone.now())
    send(shelf())
    assert ParkedEvent.objects.count() == 1


def test_transient_failure_raises(monkeypatch):
    """What becomes of the event is up to the consumer that sent it."""

    def locked(records):
        raise OperationalError from sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(room, "write_shelves", locked)
    assert isinstance(send(shelf()), TransientError)
    assert not OutcomeCount.objects.exists()


def damaged(event: Event, **changes: object) -> Message:
    """Return the message of an event with other headers or value."""
    return Message(
        **{name: getattr(event.message, name) for name in Message.__dataclass_fields__} | changes
    )


def test_stored_event_of_a_type_that_is_gone_is_unknown():
    """A deploy may forget an event type that was parked before."""
    headers = dict(shelf().message.headers) | {"ce_type": b"org.openedx.tests.gone.v1"}
    with pytest.raises(UnknownEventType):
        decode_stored(damaged(shelf(), headers=tuple(headers.items())))


def test_stored_event_that_its_type_no_longer_reads_is_undecodable():
    """A deploy may change an event's data; the error holds none of it."""
    with pytest.raises(UndecodableMessage, match=r"^value: \S+ while reading the Avro$"):
        decode_stored(damaged(shelf(label="secret"), value=b"\x06sec"))
