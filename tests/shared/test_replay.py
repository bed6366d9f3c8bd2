"""A dead letter takes the way of a new event again, and leaves when it is settled."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from shared import registry
from shared.consumer import Consumer, Route
from shared.exceptions import FatalError, TransientError
from shared.models import DeadLetter, OutcomeCount, ParkedEvent, Repair
from shared.outcomes import Outcome
from shared.repairs import By
from shared.replay import plan, replay
from shared.testing import deliver
from tests.library import DIRECT, NOW, book, settled, shelf
from tests.testapp import room as testapp
from tests.testapp.events import SHELF_CHANGED
from tests.testapp.models import Book, Shelf
from tests.testapp.room import BOOKS, ROOM, SHELVES

pytestmark = pytest.mark.django_db

ME = By("ada", "the destination was mended")
SECRET = "Persuasion"


@pytest.fixture
def broken(fails_for):
    """Return what breaks the books' destination for some titles, and what mends it."""

    class Destination:
        error: Exception | None = None

        def breaks(self, error, *titles):
            self.error = error
            fails_for(lambda: self.error, *titles)

        def mend(self):
            self.error = None

    return Destination()


@pytest.fixture
def buried(library, broken):
    """Return what buries books whose destination fails, and mends it afterwards."""

    def bury(*events):
        broken.breaks(ValueError("no"), *(event.data["book"].title for event in events))
        settled(library, *events)
        broken.mend()
        assert DeadLetter.objects.count() == len(events)

    return bury


def replayed(by=ME, **filters):
    """Replay what matches, and return the results in order."""
    letters = DeadLetter.objects.filter(**filters)
    return [each.result for each in replay(letters, by)]


def counts():
    """Return the outcomes counted so far, those that are 0 left out."""
    total: Counter[str] = Counter()
    for row in OutcomeCount.objects.values(*OutcomeCount.OUTCOMES):
        total.update(row)
    return {name: number for name, number in total.items() if number}


def test_mended_letter_is_applied(library, buried):
    """The row is there, the letter isn't, and who did it, when, why and the result are kept."""
    settled(library, shelf())
    event = book(**DIRECT)
    buried(event)
    died_of = DeadLetter.objects.get().error
    before = timezone.now()
    assert replayed() == ["applied"]
    assert Book.objects.get().title == "Emma"
    assert not DeadLetter.objects.exists()
    repair = Repair.objects.get()
    assert (repair.actor, repair.action, repair.reason) == ("ada", "replay", ME.reason)
    assert (repair.room, repair.consumer, repair.receiver) == (ROOM, "books", "")
    assert (repair.event_type, repair.event_id) == (
        event.metadata.event_type,
        str(event.metadata.id),
    )
    assert (repair.place, repair.result, repair.error) == (event.message.place, "applied", died_of)
    assert before <= repair.at <= timezone.now()


def test_event_counts_once(library, buried):
    """It is no longer counted as dead, but as what it became."""
    settled(library, shelf())
    buried(book(**DIRECT))
    assert counts() == {"applied": 1, "dead": 1}
    replayed()
    assert counts() == {"applied": 2}


def test_second_replay_finds_nothing(library, buried):
    """What was replayed isn't there any more."""
    settled(library, shelf())
    buried(book(**DIRECT))
    replayed()
    assert replayed() == []
    assert Repair.objects.count() == 1


def test_older_event_is_stale(library, buried):
    """The ordering guard is the same; the letter goes, for the row has followed a newer event."""
    settled(library, shelf())
    buried(book("1", "old", time=NOW - timedelta(hours=1), **DIRECT))
    settled(library, book("1", "new", **DIRECT))
    assert replayed() == ["stale"]
    assert Book.objects.get().title == "new"
    assert not DeadLetter.objects.exists()
    assert Repair.objects.get().result == "stale"


def test_letter_that_dies_again_stays(library, broken):
    """With one more attempt, and with what is wrong now; it is still counted once."""
    broken.breaks(ValueError("no"), "Emma")
    settled(library, shelf(), book(**DIRECT))
    first = DeadLetter.objects.get()
    broken.breaks(KeyError("no"), "Emma")
    assert replayed() == ["dead"]
    letter = DeadLetter.objects.get()
    assert (letter.pk, letter.attempts, letter.buried_at) == (first.pk, 2, first.buried_at)
    assert "ValueError" in first.error
    assert "KeyError" in letter.error
    assert Repair.objects.get().result == "dead"
    assert counts() == {"applied": 1, "dead": 1}


def test_bad_one_does_not_hold_up_the_others(library, broken, buried):
    """Each of a batch ends as it would alone."""
    settled(library, shelf())
    buried(book("1", "good", **DIRECT), book("2", "bad", **DIRECT), book("3", "fine", **DIRECT))
    broken.breaks(ValueError("no"), "bad")
    assert sorted(replayed()) == ["applied", "applied", "dead"]
    assert set(Book.objects.values_list("title", flat=True)) == {"good", "fine"}


def test_orphan_is_parked(library, buried):
    """It waits among the parked events, and for its parent to be woken."""
    settled(library, shelf())
    event = book(**DIRECT)
    buried(event)
    Shelf.objects.all().delete()
    assert replayed() == ["parked"]
    assert not DeadLetter.objects.exists()
    assert ParkedEvent.objects.get().message == event.message
    assert counts() == {"applied": 1, "parked": 1}


def test_parent_wakes_its_children(library):
    """As it does when a worker brings it."""
    Shelf.objects.create(sync_key="other", code="A")
    deliver(library, shelf("A", **DIRECT), book(code="B", **DIRECT))
    letter = DeadLetter.objects.get()
    Shelf.objects.all().delete()
    ParkedEvent.objects.update(waiting_for="shelves:a", retry_at=NOW + timedelta(hours=1))
    assert replayed(pk=letter.pk) == ["applied"]
    assert ParkedEvent.objects.get().retry_at < NOW


def test_parents_come_first(library):
    """Though their children died before them: nothing has to be parked."""
    child, parent = book(**DIRECT), shelf(**DIRECT)
    for event, consumer in ((child, "books"), (parent, "shelves")):
        letter_of(event, consumer)
    assert sorted(replayed()) == ["applied", "applied"]
    assert Book.objects.exists()


def letter_of(event, consumer="", **columns):
    """Store a dead letter of an event."""
    return DeadLetter.objects.create(
        **{
            "room": ROOM,
            "consumer": consumer,
            "error": "once",
            "event_type": event.metadata.event_type,
            "buried_at": NOW,
            **DeadLetter.columns_of(event.message),
            **columns,
        }
    )


def test_only_the_consumer_that_failed_gets_it(library):
    """The others have had the event: it isn't theirs to be settled, nor counted, again."""
    seen: list[object] = []

    def see(data, metadata):
        seen.append(data)
        return True

    also = Consumer(
        name="shelves",
        topic=SHELVES.topic,
        routes=(
            Route(
                signal=SHELF_CHANGED,
                key_field="shelf.code",
                accept=see,
                to_record=testapp.to_shelf,
            ),
        ),
    )
    twin = Consumer(name="books", topic=SHELVES.topic, routes=SHELVES.routes)
    registry.register(ROOM, also, twin)
    letter_of(shelf(**DIRECT), "books")
    replayed()
    assert seen == []


class TestSeenByNoConsumer:
    """A letter that failed before any consumer is for all of them."""

    def test_all_of_the_room_get_it(self, library):
        """It is settled as a new event is."""
        letter_of(shelf(**DIRECT))
        assert replayed() == ["applied"]
        assert Shelf.objects.exists()
        assert not DeadLetter.objects.exists()

    def test_consumer_that_fails_then_has_a_letter_of_its_own(self, library):
        """The first letter goes, for it is decoded now; what came of it isn't good yet."""
        letter_of(book(price=-1, **DIRECT))
        Shelf.objects.create(sync_key="a", code="A")
        (result,) = replay(DeadLetter.objects.all(), ME)
        assert (result.result, result.is_good) == ("dead", False)
        assert DeadLetter.objects.get().consumer == "books"

    def test_undecodable_again_stays(self, library):
        """With one more attempt, and what is wrong now; nothing is counted."""
        letter_of(shelf(**DIRECT), value=b"\x00\xff")
        assert replayed() == ["dead"]
        letter = DeadLetter.objects.get()
        assert (letter.consumer, letter.attempts) == ("", 2)
        assert letter.error.startswith("value: ")
        assert counts() == {}

    def test_type_that_is_known_no_more_stays(self, library):
        """A worker would ignore it; here somebody wanted it once."""
        headers = [["ce_type", "org.openedx.tests.gone.v1"]]
        letter_of(shelf(**DIRECT), headers=headers, event_type="org.openedx.tests.gone.v1")
        assert replayed() == ["dead"]
        assert DeadLetter.objects.exists()


def test_letter_of_a_consumer_that_cannot_be_decoded_any_more_stays_one(library):
    """It isn't buried a second time, as one that no consumer has seen."""
    letter_of(shelf(**DIRECT), "shelves", value=b"\x00\xff")
    assert replayed() == ["dead"]
    assert DeadLetter.objects.get().consumer == "shelves"


class TestRefused:
    """What nobody could take is left as it is, with a reason that says what to do."""

    @pytest.mark.parametrize(
        ("columns", "reason"),
        [
            ({"room": "gone_sync"}, "room 'gone_sync' is not installed"),
            ({"consumer": "films"}, "room 'tests.testapp' has no consumer 'films'"),
            ({"consumer": "books"}, "'books' no longer consumes 'org.openedx.tests.shelf"),
            ({"receiver": "host.gone"}, "no receiver 'host.gone' is connected to its signal"),
            ({"receiver": "x", "event_type": "y"}, "event type 'y' is known no more"),
        ],
    )
    def test_who_is_not_there(self, library, columns, reason):
        """Room, consumer, route, receiver or event type."""
        letter = letter_of(shelf(**DIRECT), **{"consumer": "shelves", **columns})
        before = DeadLetter.objects.values().get()
        (result,) = replay(DeadLetter.objects.all(), ME)
        assert (result.id, result.result, result.is_good) == (letter.pk, "refused", False)
        assert result.error.startswith(reason)
        assert DeadLetter.objects.values().get() == before
        assert not Repair.objects.exists()
        (group,) = plan(DeadLetter.objects.all())
        assert group["refused"] == result.error

    @pytest.mark.parametrize("consumer", ["shelves", ""])
    def test_consumer_in_shadow(self, library, settings, consumer):
        """It writes nothing now, and the event would be lost to it."""
        settings.EVENT_SYNC = {**settings.EVENT_SYNC, "MODES": {"shelves": "shadow"}}
        letter_of(shelf(**DIRECT), consumer)
        (result,) = replay(DeadLetter.objects.all(), ME)
        assert result.error == "'shelves' is in shadow and writes nothing"
        assert DeadLetter.objects.exists()

    def test_the_others_are_replayed(self, library):
        """One that is refused keeps nobody from theirs."""
        letter_of(shelf("A", **DIRECT), "films")
        letter_of(shelf("B", **DIRECT), "shelves")
        assert sorted(replayed()) == ["applied", "refused"]


def test_destination_that_cannot_work_stops_it(library, settings):
    """Before anything is written, with the remedy."""
    letter_of(shelf(**DIRECT), "shelves")
    destinations = {**settings.EVENT_SYNC["DESTINATIONS"], "shelves": "tests.nowhere"}
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "DESTINATIONS": destinations}
    with pytest.raises(FatalError, match="Hint: Correct EVENT_SYNC"):
        replayed()
    assert DeadLetter.objects.exists()


class TestTransient:
    """What may be good another time is tried again, and changes nothing until then."""

    def test_batch_is_left_whole(self, library, broken, locked):
        """Neither rows nor letters nor counts; what was settled before it stays settled."""
        letter_of(shelf("A", **DIRECT), "shelves")
        letter_of(book("1", "Emma", **DIRECT), "books")
        letter_of(book("2", "Emma", **DIRECT), "books")
        broken.breaks(locked(), "Emma")
        results = replay(DeadLetter.objects.all(), ME)
        assert next(results).result == "applied"
        with pytest.raises(TransientError, match="database"):
            next(results)
        assert DeadLetter.objects.count() == 2
        assert [repair.consumer for repair in Repair.objects.all()] == ["shelves"]
        broken.mend()
        assert replayed() == ["applied", "applied"]

    def test_one_that_always_fails_so_does_not_hold_up_the_others(self, library, broken):
        """While the destination takes the others, it stays a dead letter."""
        settled(library, shelf())
        for title in ("bad", "good", "fine"):
            letter_of(book(title, title, **DIRECT), "books")
        broken.breaks(OperationalError("canceling statement"), "bad")
        assert sorted(replayed()) == ["applied", "applied", "dead"]
        assert "OperationalError" in DeadLetter.objects.get().error


class TestReceivers:
    """A letter that names a receiver of the host is for that receiver alone."""

    @pytest.fixture
    def host(self):
        """Two receivers; the first raises while it has an error."""

        class Host:
            error: Exception | None = None
            calls: list[str]

        host = Host()
        host.calls = []

        def first(**kwargs):
            host.calls.append("first")
            assert kwargs["from_event_bus"]
            assert kwargs["shelf"].code == "A"
            if host.error:
                raise host.error

        def second(**kwargs):
            host.calls.append("second")

        for receiver in (first, second):
            SHELF_CHANGED.connect(receiver)
        yield host
        for receiver in (first, second):
            SHELF_CHANGED.disconnect(receiver)

    def test_it_alone_is_called(self, library, host):
        """Neither the other receivers nor the room's consumers get the event again."""
        host.error = ValueError(SECRET)
        deliver(library, shelf("A", **DIRECT))
        host.error, host.calls = None, []
        Shelf.objects.all().delete()
        before = counts()
        assert replayed() == ["called"]
        assert host.calls == ["first"]
        assert not Shelf.objects.exists()
        assert not DeadLetter.objects.exists()
        assert counts() == before
        assert Repair.objects.get().receiver.endswith("first")

    def test_one_that_raises_again_stays(self, library, host):
        """With one more attempt, the new error and no value of the event."""
        host.error = ValueError(SECRET)
        deliver(library, shelf("A", **DIRECT))
        host.error = KeyError(SECRET)
        assert replayed() == ["dead"]
        letter = DeadLetter.objects.get()
        assert letter.attempts == 2
        assert "KeyError" in letter.error
        assert SECRET not in letter.error

    def test_one_that_a_consumer_supersedes_is_refused(self, library, host):
        """It would write beside the consumer that has taken its place."""
        host.error = ValueError()
        deliver(library, shelf("A", **DIRECT))
        host.calls = []
        path = DeadLetter.objects.get().receiver
        shelves = Consumer(
            name="shelves", topic=SHELVES.topic, routes=SHELVES.routes, supersedes=(path,)
        )
        registry.register(ROOM, shelves, BOOKS)
        (result,) = replay(DeadLetter.objects.all(), ME)
        assert result.error == f"consumer 'shelves' supersedes {path!r}"
        assert host.calls == []


def test_flood_is_no_matter(library, settings):
    """A person asked for it: the breaker that stops a worker doesn't stop a replay."""
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "FLOOD_RUN": 2}
    Shelf.objects.create(sync_key="a", code="A")
    for number in range(5):
        letter_of(book(str(number), price=-1, **DIRECT), "books")
    assert replayed() == ["dead"] * 5


def test_more_than_a_batch(library, settings):
    """Each is taken once, those that stay as well."""
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "BATCH_SIZE": 2}
    Shelf.objects.create(sync_key="a", code="A")
    for number in range(5):
        letter_of(book(str(number), price=-1 if number % 2 else 1, **DIRECT), "books")
    assert Counter(replayed()) == {"applied": 3, "dead": 2}
    assert set(DeadLetter.objects.values_list("attempts", flat=True)) == {2}


def test_no_value_is_logged_or_kept(library, buried, caplog, django_capture_on_commit_callbacks):
    """Nor the person's reason, which may name somebody."""
    caplog.set_level(logging.DEBUG)
    settled(library, shelf())
    buried(book("1", SECRET, price=-1, **DIRECT))
    with django_capture_on_commit_callbacks(execute=True):
        replayed(By("ada", "Jane asked for it"))
    assert "event.repaired" in caplog.text
    assert SECRET not in caplog.text
    assert "Jane" not in caplog.text
    assert SECRET not in str(Repair.objects.values().get())
    assert Outcome.DEAD in Repair.objects.get().result
