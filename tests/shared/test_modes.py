"""A room's consumers are live, or in shadow, as the operator says; the two never mix."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from shared import parking
from shared.consumer import Mode
from shared.exceptions import ConfigurationError
from shared.messages import Event
from shared.models import OutcomeCount, ParkedEvent, ShadowRecord
from shared.modes import room_in
from shared.receivers import collecting, emit
from tests.library import NOW, book, settled, shelf
from tests.testapp.models import Book, Shelf
from tests.testapp.room import ROOM


@pytest.fixture
def books_in_shadow(library, settings):
    """The tests' room, its books in shadow and its shelves live."""
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"MODES": {"books": "shadow", "shelves": "live"}}
    return library


def names(room):
    """Return a room's name and those of its consumers."""
    return room.name, [consumer.name for consumer in room.consumers]


def test_consumers_are_live_by_default(library):
    """A room without modes is all live, and the same room."""
    assert room_in(library, Mode.LIVE) == library


def test_room_is_parted_by_mode(books_in_shadow):
    """The shadow has a name of its own, by which its logs and counts are told apart."""
    assert names(room_in(books_in_shadow, Mode.LIVE)) == (ROOM, ["shelves"])
    assert names(room_in(books_in_shadow, Mode.SHADOW)) == (f"{ROOM}-shadow", ["books"])


@pytest.mark.parametrize(
    ("modes", "mode", "said"),
    [
        (
            {},
            Mode.SHADOW,
            "has no shadow consumer. Hint: Make one of them shadow .*: shelves, b",
        ),
        (
            {"books": "shadow", "shelves": "shadow"},
            Mode.LIVE,
            "has no live consumer. Hint: .*MODES.* makes all of them shadow: run it with --shadow",
        ),
    ],
)
def test_room_without_a_consumer_of_a_mode(library, settings, modes, mode, said):
    """That a worker would have nothing to do is said."""
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"MODES": modes}
    with pytest.raises(ConfigurationError) as raised:
        room_in(library, mode)
    assert f"Room '{ROOM}' " in str(raised.value)
    assert re.search(said, str(raised.value))


def test_live_part_collects(books_in_shadow):
    """The room's receiver serves its live part, and an event of its shadow isn't missed there."""
    with collecting(room_in(books_in_shadow, Mode.LIVE)) as collection:
        event, other = shelf(), book()
        assert emit(event, collection) == emit(other, collection) == []
    assert collection.collected[0] is event


@pytest.mark.django_db
def test_what_is_parked_waits_while_its_consumer_is_in_shadow(library, settings):
    """It is neither written nor buried; live again, the consumer goes on with it."""
    settled(library, book(code="nowhere"))
    later = NOW + timedelta(days=30)
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"MODES": {"books": "shadow"}}
    assert parking.due(ROOM, ["test"], limit=9, now=later) == []
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"MODES": {"books": "live"}}
    assert parking.due(ROOM, ["test"], limit=9, now=later) == [ParkedEvent.objects.get()]


@pytest.mark.django_db
def test_signal_carrier_has_no_shadow(books_in_shadow, settings):
    """A consumer in shadow does nothing with what a stock consumer brings; the others do."""
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"CARRIER": "signal"}
    send(shelf())
    send(book())
    assert Shelf.objects.exists()
    assert not any(table.objects.exists() for table in (Book, ShadowRecord, ParkedEvent))
    assert [count.consumer for count in OutcomeCount.objects.all()] == ["shelves"]


def send(event: Event) -> None:
    """Send an event as the stock consumers do; nothing may raise."""
    responses = event.signal.send_event_with_custom_metadata(event.metadata, **event.data)
    assert [response for _, response in responses] == [None]
