"""A declaration that can't work is refused when it is made, with a hint."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from shared.consumer import Consumer, Room, Route
from shared.exceptions import ConfigurationError
from tests.testapp.events import BOOK_CHANGED, SHELF_CHANGED
from tests.testapp.room import to_shelf


def route(signal=SHELF_CHANGED) -> Route:
    """Return a route that wants everything."""
    return Route(
        signal=signal,
        key_field="shelf.code",
        accept=lambda data, metadata: True,
        to_record=to_shelf,
    )


def consumer(**changes) -> Consumer:
    """Return a valid consumer, but for the changes."""
    return Consumer(**{"name": "shelves", "topic": "library", "routes": (route(),), **changes})


@pytest.mark.parametrize("name", ["a", "user-grades", "runs2", "x" * 64])
def test_name_of_lower_case_words_is_valid(name):
    """Hyphens join the words."""
    assert consumer(name=name).name == name


@pytest.mark.parametrize(
    "name", ["", "User", "user_grades", "-a", "a-", "a--b", "2a", "a b", "a\n", "é", "x" * 65]
)
def test_other_name_is_refused(name):
    """The name is part of settings, metrics and columns of 64 characters."""
    with pytest.raises(ConfigurationError, match="Consumer name") as raised:
        consumer(name=name)
    assert "'user-grades'; 64 characters at most" in raised.value.hint


@pytest.mark.parametrize("topic", ["", "a b", "a/b", "t" * 250, "é", "a\n"])
def test_impossible_topic_is_refused(topic):
    """The broker would refuse it later and less clearly."""
    with pytest.raises(ConfigurationError, match="Consumer 'shelves': topic") as raised:
        consumer(topic=topic)
    assert "letters, digits" in raised.value.hint


@pytest.mark.parametrize("routes", [(), (route(), route())])
def test_routes_are_needed_and_unique(routes):
    """Each event type has one way to a record."""
    with pytest.raises(ConfigurationError, match="needs routes, one for each event type") as raised:
        consumer(routes=routes)
    assert raised.value.hint.startswith("It declares [")


def test_route_is_found_by_event_type():
    """A consumer knows the route of each type that it consumes, and of no other."""
    shelves = consumer()
    assert shelves.route_for(SHELF_CHANGED.event_type) is shelves.routes[0]
    assert shelves.route_for(BOOK_CHANGED.event_type) is None


def test_superseded_receivers_are_dotted_paths():
    """A text in place of a tuple would be taken for its characters."""
    assert dataclasses.replace(consumer(), supersedes=("host.receivers.update",)).supersedes
    wrong: Any
    for wrong in ("host.receivers.update", ("update",)):
        with pytest.raises(ConfigurationError, match="no dotted path"):
            dataclasses.replace(consumer(), supersedes=wrong)


def test_consumer_is_frozen():
    """A declaration doesn't change after it was made."""
    shelves = consumer()
    with pytest.raises(dataclasses.FrozenInstanceError):
        shelves.topic = "other"  # type: ignore[misc]


@pytest.mark.parametrize("consumers", [(), (consumer(), consumer(topic="other"))])
def test_room_needs_consumers_with_names_of_their_own(consumers):
    """An empty room would run a worker for nothing."""
    with pytest.raises(ConfigurationError, match="'room' needs consumers") as raised:
        Room("room", consumers)
    assert raised.value.hint.startswith("It declares [")


@pytest.mark.parametrize("name", ["", "x" * 65])
def test_room_name_fits_its_column(name):
    """The name is part of every parked event, dead letter and count."""
    with pytest.raises(ConfigurationError, match="Room name") as raised:
        Room(name, (consumer(),))
    assert "64 characters" in raised.value.hint


def test_room_gathers_topics_and_signals_once():
    """Consumers that share a topic or a signal share its subscription."""
    room = Room(
        "room",
        (
            consumer(),
            consumer(name="labels"),
            consumer(name="books", topic="books", routes=(route(BOOK_CHANGED),)),
        ),
    )
    assert room.topics == ("library", "books")
    assert room.signals == (SHELF_CHANGED, BOOK_CHANGED)


def test_room_consumes_what_any_of_its_consumers_does():
    """Whatever else comes over its topics is ignored."""
    room = Room("room", (consumer(),))
    assert room.consumes(SHELF_CHANGED.event_type)
    assert not room.consumes(BOOK_CHANGED.event_type)
