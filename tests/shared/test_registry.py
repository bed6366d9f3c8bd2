"""Rooms make themselves known once, and a name that isn't known gets a hint."""

from __future__ import annotations

import pytest

from shared import registry
from shared.exceptions import ConfigurationError
from shared.testing import deliver, registered
from tests.library import outcomes, shelf
from tests.testapp.room import BOOKS, ROOM, SHELVES


def test_room_is_known_while_it_is_registered(library):
    """A registered room is found by name."""
    assert registry.get_room(ROOM) is library
    assert library in registry.rooms()


def test_room_is_forgotten(library):
    """An unregistered room is gone, and its receivers with it."""
    with registered("other", _renamed("other-shelves")) as other:
        assert registry.get_room("other") is other
    assert "other" not in [room.name for room in registry.rooms()]
    assert "event_sync.other" not in _receivers()


def test_rooms_are_sorted_by_name(library):
    """Commands and checks list them in a stable order."""
    names = [room.name for room in registry.rooms()]
    assert names == sorted(names)


def test_consumers_are_those_of_the_rooms(library):
    """Room by room, and within one parents first, as it declares them."""
    assert [each for each in registry.consumers() if each in library.consumers] == [SHELVES, BOOKS]
    assert registry.consumers() == sum((room.consumers for room in registry.rooms()), ())


def test_near_miss_is_suggested(library):
    """A typo gets the name that was meant."""
    with pytest.raises(ConfigurationError, match="no room named") as raised:
        registry.get_room("tests.testap")
    assert raised.value.hint == "Did you mean 'tests.testapp'?"


def test_unknown_room_gets_the_known_ones(library):
    """A name that is like no other gets all names."""
    with pytest.raises(ConfigurationError) as raised:
        registry.get_room("xyz")
    known = ", ".join(room.name for room in registry.rooms())
    assert raised.value.hint == f"Known rooms: {known}."
    assert ROOM in known


def test_without_rooms_the_hint_says_how_to_get_one(monkeypatch):
    """A service without a room is told where rooms come from."""
    monkeypatch.setattr(registry, "_rooms", {})
    with pytest.raises(ConfigurationError) as raised:
        registry.get_room("xyz")
    assert "INSTALLED_APPS" in raised.value.hint


def test_consumer_name_is_unique_in_a_service(library):
    """Destinations, counts and parked events are found by consumer name."""
    with pytest.raises(ConfigurationError, match="'shelves' is declared by") as raised:
        registry.register("other", SHELVES)
    assert "rename one" in raised.value.hint
    assert "other" not in [room.name for room in registry.rooms()]


@pytest.mark.django_db
def test_room_registered_again_is_replaced_whole(library):
    """``ready()`` may run twice; the newer declaration gets the events, and only its own."""
    fewer = registry.register(ROOM, SHELVES)
    assert registry.get_room(ROOM) is fewer
    assert [outcome.value for outcome in outcomes(deliver(fewer, shelf()))] == ["applied"]
    assert "event_sync.tests.testapp" not in _receivers(BOOKS)


def _renamed(name):
    return type(SHELVES)(name=name, topic=SHELVES.topic, routes=SHELVES.routes)


def _receivers(consumer=SHELVES):
    """Return the ids of the receivers of a consumer's signal."""
    return [key[0] for key, *_ in consumer.routes[0].signal.receivers]
