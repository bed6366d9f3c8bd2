"""A room of both modes on one topic: a live worker, and a shadow side by side with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.conf import get_settings
from shared.consumer import Mode, Room
from shared.logging import Action
from shared.messages import Event
from shared.models import DeadLetter, ParkedEvent, ShadowFailure, ShadowRecord
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
def test_damaged_event_of_the_other_mode(run: Run, cluster: Cluster) -> None:
    """A live worker doesn't bury what its own consumers don't want, and nobody else: a flood of it
    would stop them."""
    cluster.produce(b"no event", topic=TOPIC, partition=0, headers=list(book().message.headers))
    run(shelf("Z"))
    assert not DeadLetter.objects.exists()
    run(mode=Mode.SHADOW)
    assert ShadowFailure.objects.count() == 1


@pytest.mark.usefixtures("books_in_shadow")
def test_shadow_keeps_its_own(run: Run) -> None:
    """Of the live consumers' events it keeps nothing, and it writes nothing of theirs."""
    run(shelf("A"), book("2", code="A"), mode=Mode.SHADOW)
    assert list(records()) == ["books|1", "books|2"]
    assert not any(table.objects.exists() for table in (Book, Shelf, DeadLetter))
    assert ParkedEvent.objects.count() == 1


@pytest.fixture
def late(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Return what workers have said of late consumers since it was last asked."""

    def said() -> list[str]:
        found = [r.getMessage() for r in caplog.records if getattr(r, "action", "") == LATE]
        caplog.clear()
        return found

    return said


LATE = Action.CONSUMER_LATE.value
Said = Callable[[], list[str]]


@pytest.mark.usefixtures("books_in_shadow")
def test_consumer_that_goes_live_later(
    run: Run, cluster: Cluster, event_sync: Callable[..., None], late: Said
) -> None:
    """Its neighbours' group has passed its events, as each start of a worker says, with the
    remedy: from where it left on."""
    run(shelf("A"), book("2", code="A"))
    assert late() == []
    event_sync(MODES={})
    for code in ("B", "C"):
        run(shelf(code))
        (line,) = late()
        assert line == (
            f"consumer.late room={ROOM} consumer=books partitions={TOPIC}[0] hint=It has missed "
            "what the group went past without it. Stop the group's workers, then: manage.py "
            f"rewind {ROOM} --group {ROOM} --topic {TOPIC} --to '{TOPIC}[0]:1' --apply"
        )
    assert not Book.objects.exists()
    # The embedded broker moves no group; one that is new can be placed there.
    event_sync(GROUPS={ROOM: "anew"})
    cluster.commit({0: 1}, topic=TOPIC, group="anew")
    run()
    assert [each.isbn for each in Book.objects.all()] == ["2"]
    assert late() == []


def test_consumer_that_is_new(run: Run, event_sync: Callable[..., None], late: Said) -> None:
    """It has missed all that the group has ever passed."""
    event_sync(MODES={"books": "shadow"})
    run(shelf("A"))
    event_sync(MODES={})
    run(shelf("B"))
    assert late()[0].endswith(" --to earliest --apply")


def test_group_that_was_placed_is_taken_at_its_word(run: Run, cluster: Cluster, late: Said) -> None:
    """Who moves a group says where all its consumers are to begin, as in a cut-over."""
    cluster.produce(b"no event", topic=TOPIC, partition=0)
    cluster.commit({0: 1}, topic=TOPIC, group=ROOM)
    for code in ("A", "B"):
        run(shelf(code), book("2", code="A"))
    assert late() == []
    assert not DeadLetter.objects.exists()


def test_whole_room_into_shadow_and_back(
    run: Run, event_sync: Callable[..., None], late: Said
) -> None:
    """The group has stood still meanwhile, so none of its consumers is late."""
    run(shelf("A"))
    event_sync(MODES={"books": "shadow", "shelves": "shadow"})
    run(shelf("B"), mode=Mode.SHADOW)
    event_sync(MODES={})
    run(shelf("C"))
    assert late() == []
    assert Shelf.objects.count() == 3


@pytest.mark.usefixtures("books_in_shadow")
def test_late_consumer_of_the_shadow(run: Run, event_sync: Callable[..., None], late: Said) -> None:
    """One that joins the others in shadow lacks what their group has passed: the remedy is the
    same, in the shadow's own group."""
    run(book("2"), mode=Mode.SHADOW)
    event_sync(MODES={"books": "shadow", "shelves": "shadow"})
    run(shelf("A"), mode=Mode.SHADOW)
    (line,) = late()
    assert f"consumer=shelves partitions={TOPIC}[0] " in line
    assert f"rewind {ROOM} --group {ROOM}-shadow --topic {TOPIC} --to earliest" in line
