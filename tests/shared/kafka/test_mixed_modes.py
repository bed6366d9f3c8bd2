"""A room of both modes on one topic: a live worker, and a shadow side by side with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.conf import get_settings
from shared.consumer import Mode, Room
from shared.messages import Event
from shared.models import DeadLetter, ParkedEvent, ShadowRecord
from tests.cluster import Cluster
from tests.library import book, shelf
from tests.shadows import records
from tests.shared.kafka.conftest import RunWorker
from tests.testapp.events import BOOK_CHANGED
from tests.testapp.models import Book, Shelf
from tests.testapp.room import ROOM, TOPIC

Run = Callable[..., None]


@pytest.fixture
def run(cluster: Cluster, run_worker: RunWorker, library: Room) -> Run:
    """Publish events and run a worker of the tests' room until it has committed everything."""
    cluster.broker.create_topic(TOPIC)

    def run(*events: Event, mode: Mode = Mode.LIVE) -> None:
        for event in events:
            cluster.produce_event(event, topic=TOPIC, partition=0)
        cluster.flush()
        group = get_settings().group_of(ROOM, mode)
        run_worker(lambda: cluster.committed(group, TOPIC) == cluster.ends(TOPIC), ROOM, mode)

    return run


@pytest.fixture
def books_in_shadow(run: Run, event_sync: Callable[..., None]) -> None:
    """A room that was live, with a book that is parked; then its books were put into shadow."""
    run(book("1", code="Z"))
    event_sync(MODES={"books": "shadow"})


@pytest.mark.usefixtures("books_in_shadow")
def test_live_worker_settles_its_own(run: Run) -> None:
    """The host's receivers hear of the shadow's events as of all; what is parked stays so, even
    when its parent comes."""
    heard: list[object] = []

    def listen(**event: object) -> None:
        heard.append(event)

    BOOK_CHANGED.connect(listen)
    run(shelf("Z"), book("2", code="Z"))
    BOOK_CHANGED.disconnect(listen)
    assert len(heard) == 1
    assert [each.code for each in Shelf.objects.all()] == ["Z"]
    assert ParkedEvent.objects.count() == 1
    assert not any(table.objects.exists() for table in (Book, ShadowRecord, DeadLetter))


@pytest.mark.usefixtures("books_in_shadow")
def test_shadow_keeps_its_own(run: Run) -> None:
    """Of the live consumers' events it keeps nothing, and it writes nothing of theirs."""
    run(shelf("A"), book("2", code="A"), mode=Mode.SHADOW)
    assert list(records()) == ["books|1", "books|2"]
    assert not any(table.objects.exists() for table in (Book, Shelf, DeadLetter))
    assert ParkedEvent.objects.count() == 1


@pytest.mark.usefixtures("books_in_shadow")
def test_consumer_that_goes_live_later(run: Run, event_sync: Callable[..., None]) -> None:
    """Its neighbours' group has passed its events; from the oldest on, it takes them."""
    run(shelf("A"), book("2", code="A"))
    event_sync(MODES={})
    run(shelf("B"))
    assert not Book.objects.exists()
    # The embedded broker moves no group; one that is new begins at the oldest event, too.
    event_sync(GROUPS={ROOM: "anew"})
    run()
    assert [each.isbn for each in Book.objects.all()] == ["2"]
