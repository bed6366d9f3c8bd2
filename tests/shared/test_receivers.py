"""Receivers act on events from the bus only, inside their own room's worker only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pytest
from edx_django_utils.cache import RequestCache
from openedx_events.tooling import OpenEdxPublicSignal

from shared import receivers
from shared.consumer import Consumer
from shared.exceptions import EventNotCollected
from shared.receivers import ReceiverFailure, collecting, emit
from shared.superseding import supersede
from shared.testing import registered
from tests.library import book, shelf
from tests.testapp.events import BOOK_CHANGED, SHELF_CHANGED
from tests.testapp.models import Shelf
from tests.testapp.room import SHELVES


class Host:
    """A host's receiver: keeps what it got, and raises if told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.received: list[dict] = []

    def __call__(self, **kwargs: object) -> None:
        """Receive a signal."""
        self.received.append(kwargs)
        if self.error:
            raise self.error


@contextmanager
def listening(
    receiver, signal: OpenEdxPublicSignal = SHELF_CHANGED, *, first: bool = False
) -> Iterator[None]:
    """Connect a host's receiver for the length of a block, before the room's if asked."""
    signal.connect(receiver, weak=False)
    if first:
        signal.receivers.insert(0, signal.receivers.pop())
        signal.sender_receivers_cache.clear()
    try:
        yield
    finally:
        signal.disconnect(receiver)


def test_event_is_collected_and_not_settled(library):
    """The worker's receiver only takes the event into the batch."""
    event = shelf()
    with collecting(library) as collection:
        assert emit(event, collection) == []
    assert collection.collected == [event]


def test_collecting_keeps_the_order_of_arrival(library):
    """Events of several types are collected as they came, duplicates included."""
    first, second = shelf(), book()
    with collecting(library) as collection:
        for event in (first, second, first):
            emit(event, collection)
    assert collection.collected == [first, second, first]


@pytest.mark.django_db
@pytest.mark.parametrize("carrier", ["worker", "signal"])
def test_in_process_signal_does_nothing(library, settings, carrier):
    """What the service itself sends is no event from the bus, even inside the worker."""
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "CARRIER": carrier}
    with collecting(library) as collection:
        collection.emitting = shelf()
        SHELF_CHANGED.send_event(shelf=shelf().data["shelf"])
    assert collection.collected == []
    assert not Shelf.objects.exists()


@pytest.mark.django_db
def test_event_from_the_bus_does_nothing_outside_a_worker(library):
    """A stock consumer beside the worker doesn't settle the event a second time."""
    event = shelf()
    responses = SHELF_CHANGED.send_event_with_custom_metadata(event.metadata, **event.data)
    assert [response for _, response in responses] == [None]
    assert not Shelf.objects.exists()


def test_event_does_nothing_in_another_rooms_worker(library):
    """Two rooms may consume one event; each worker collects for its own."""
    other_shelves = Consumer(name="other-shelves", topic=SHELVES.topic, routes=SHELVES.routes)
    with registered("other", other_shelves) as other, collecting(other) as collection:
        event = shelf()
        assert emit(event, collection) == []
        # Collected once: the library's receiver was called as well, and did nothing.
        assert collection.collected == [event]


def test_foreign_event_is_emitted_and_not_collected(library):
    """A worker emits what only the host's receivers want; its room ignores it."""
    host = Host()
    shelves_only = Consumer(name="other-shelves", topic=SHELVES.topic, routes=SHELVES.routes)
    with (
        registered("other", shelves_only) as other,
        listening(host, BOOK_CHANGED),
        collecting(other) as collection,
    ):
        assert emit(book(), collection) == []
    assert collection.collected == []
    assert len(host.received) == 1


@pytest.mark.parametrize("debug", [True, False])
def test_host_receiver_that_raises_does_not_stop_ours(library, settings, debug):
    """Under DEBUG openedx-events would stop at the first exception; the failure is returned."""
    settings.DEBUG = debug
    host, event = Host(ValueError("broken")), shelf()
    with listening(host, first=True), collecting(library) as collection:
        (failure,) = emit(event, collection)
    assert collection.collected == [event]
    assert (failure.event, failure.receiver, failure.error) == (event, host, host.error)


def test_every_failure_is_returned(library):
    """One host's receiver doesn't hide another's failure."""
    one, other = Host(ValueError()), Host(KeyError())
    with listening(one), listening(other), collecting(library) as collection:
        failures = emit(shelf(), collection)
    assert [failure.receiver for failure in failures] == [one, other]


def test_disabled_signal_is_delivered_from_the_bus(library):
    """Disabling a signal keeps a service from sending it, not the bus from delivering it."""
    event = shelf()
    SHELF_CHANGED.disable()
    try:
        with collecting(library) as collection:
            emit(event, collection)
    finally:
        SHELF_CHANGED.enable()
    assert collection.collected == [event]


def update_shelf(**event: object) -> None:
    """Receive as a host's own function does, by its name."""
    UPDATED.append(event)


def update_other(**event: object) -> None:
    """Receive what the room doesn't replace."""
    UPDATED.append(event)


UPDATED: list[object] = []
PATH = f"{__name__}.update_shelf"


def superseding(*paths: str) -> Consumer:
    """Return the shelves' consumer, superseding some receivers."""
    return replace(SHELVES, name="other-shelves", supersedes=paths)


@pytest.fixture
def others(library, settings):
    """The tests' room, and a destination for the consumer of another one; no host's tables."""
    destinations = settings.EVENT_SYNC["DESTINATIONS"]
    also = {"other-shelves": destinations["shelves"]}
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"DESTINATIONS": destinations | also}


@contextmanager
def connected_anew() -> Iterator[None]:
    """Connect the host's receivers in every way; whatever happens they are gone at the end."""
    SHELF_CHANGED.connect(update_shelf)
    SHELF_CHANGED.connect(update_shelf, dispatch_uid="by its own id", weak=False)
    BOOK_CHANGED.connect(update_shelf)
    SHELF_CHANGED.connect(update_other)
    UPDATED.clear()
    try:
        yield
    finally:
        for signal in (SHELF_CHANGED, BOOK_CHANGED):
            signal.disconnect(dispatch_uid="by its own id")
            signal.disconnect(update_shelf)
            signal.disconnect(update_other)


def test_superseded_receiver_is_disconnected(others, caplog):
    """However it was connected, from the consumer's own signals only, and it is logged."""
    caplog.set_level("INFO", logger="shared")
    with registered("other", superseding(PATH)) as other, connected_anew():
        supersede(other)
        (line,) = [record.getMessage() for record in caplog.records]
        with collecting(other) as collection:
            emit(shelf(), collection)
            assert len(UPDATED) == 1, "only the other receiver of shelves"
            emit(book(), collection)
            assert len(UPDATED) == 2, "it still has its books"
        assert len(collection.collected) == 1
    assert line == (
        f"receiver.superseded room=other consumer=other-shelves receiver={PATH}"
        " event_type=org.openedx.tests.shelf.changed.v1"
    )


@pytest.mark.parametrize("paths", [(), ("tests.nowhere.update",)])
def test_nothing_else_is_disconnected(others, paths):
    """A room that supersedes nothing, or what isn't there, leaves the host as it is."""
    with registered("other", superseding(*paths)) as other, connected_anew():
        supersede(other)
        with collecting(other) as collection:
            emit(shelf(), collection)
        assert len(UPDATED) == 3


def test_partial_is_superseded_by_the_path_of_its_function(others):
    """It has no path of its own, and the class that all partials share is none's."""
    for path, left in ((PATH, 1), ("functools.partial", 2)):
        with registered("other", superseding(path)) as other, collecting(other) as collection:
            UPDATED.clear()
            with listening(partial(update_shelf)), listening(partial(update_other)):
                supersede(other)
                emit(shelf(), collection)
        assert len(UPDATED) == left


def test_receivers_stay_until_a_worker_supersedes_them(library):
    """To install and register a room changes nothing in the service's other processes."""
    with registered("other", superseding(PATH)), connected_anew():
        event = shelf()
        SHELF_CHANGED.send_event_with_custom_metadata(event.metadata, **event.data)
        assert len(UPDATED) == 3


def test_host_gets_the_data_the_metadata_and_where_it_came_from(library):
    """The host's receiver gets what the stock consumer would send it."""
    host, event = Host(), shelf()
    with listening(host), collecting(library) as collection:
        emit(event, collection)
    (received,) = host.received
    assert received["shelf"] == event.data["shelf"]
    assert received["metadata"] == event.metadata
    assert received["from_event_bus"] is True
    assert received["signal"] is SHELF_CHANGED
    assert received["sender"] is None


def test_event_that_others_send_from_the_bus_is_not_collected(library):
    """A host's receiver that replays an event inside the worker adds nothing to the batch."""
    event = shelf()
    with collecting(library) as collection:
        event.signal.send_event_with_custom_metadata(event.metadata, **event.data)
        emit(event, collection)
        event.signal.send_event_with_custom_metadata(event.metadata, **event.data)
    assert collection.collected == [event]


def test_disconnected_room_receiver_is_fatal(library):
    """An event that was emitted and not collected must not be committed."""
    receivers.disconnect(library)
    with (
        collecting(library) as collection,
        pytest.raises(EventNotCollected, match="shelf") as raised,
    ):
        emit(shelf(), collection)
    assert "AppConfig.ready()" in raised.value.hint


def test_room_receiver_lost_between_two_events_is_fatal(library):
    """That an earlier event was collected says nothing of this one."""
    with collecting(library) as collection:
        emit(shelf(), collection)
        receivers.disconnect(library)
        with pytest.raises(EventNotCollected):
            emit(shelf(), collection)


def test_each_event_starts_with_an_empty_request_cache(library):
    """What a host's receiver cached for one event is no answer for the next."""
    cache = RequestCache("host")
    cache.set("grade", 1)
    with collecting(library) as collection:
        emit(shelf(), collection)
    assert not cache.get_cached_response("grade").is_found


def test_receiver_is_connected_once(library):
    """Connecting again doesn't collect an event twice."""
    receivers.connect(library)
    with collecting(library) as collection:
        emit(shelf(), collection)
    assert len(collection.collected) == 1


def test_collections_do_not_leak(library):
    """After the block nothing is collected any more."""
    event = shelf()
    with collecting(library) as collection:
        collection.emitting = event
    SHELF_CHANGED.send_event_with_custom_metadata(event.metadata, **event.data)
    assert collection.collected == []


def test_failed_receiver_is_called_again_alone(library):
    """A retry calls that receiver and no other."""
    failing, other = Host(ValueError("first")), Host()
    with listening(failing), listening(other), collecting(library) as collection:
        (failure,) = emit(shelf(), collection)
        failing.error = None
        assert failure.recall() is None
    assert len(failing.received) == 2
    assert {**failing.received[0]} == {**failing.received[1]}
    assert len(other.received) == 1
    assert len(collection.collected) == 1


def test_failed_receiver_fails_again(library):
    """What the receiver raises on the retry is its failure from then on."""
    failing = Host(ValueError("broken"))
    with listening(failing), collecting(library) as collection:
        (failure,) = emit(shelf(), collection)
    failing.error = OSError("away")
    again = failure.recall()
    assert again is not None
    assert (failure.is_transient, again.is_transient) == (False, True)
    assert again.receiver_name == failure.receiver_name


def handler(**kwargs):
    """Receive nothing."""


@pytest.mark.parametrize(
    ("receiver", "name"),
    [
        (handler, "tests.shared.test_receivers.handler"),
        (Host(), "tests.shared.test_receivers.Host"),
        (Host().__call__, "tests.shared.test_receivers.Host.__call__"),
        (partial(partial(handler), 1), "tests.shared.test_receivers.handler"),
    ],
)
def test_failure_names_its_receiver(receiver, name):
    """Functions, methods, objects and partials all have a name."""
    assert ReceiverFailure(shelf(), receiver, ValueError()).receiver_name == name
