"""What can't succeed without a person is kept whole, once, and says why without saying what."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial

import pytest
from django.db import IntegrityError

from shared.batches import Batch, Undecodable
from shared.consumer import Room
from shared.dead_letters import deaths_before, identity_of
from shared.messages import Message
from shared.models import DeadLetter
from shared.outcomes import Outcome
from shared.pipeline import settle
from shared.receivers import ReceiverFailure
from shared.testing import deliver
from tests.library import NOW, book, outcomes, settled, shelf
from tests.testapp.events import SHELF_CHANGED
from tests.testapp.models import Shelf

pytestmark = pytest.mark.django_db

SECRET = "Persuasion"


def reject(**kwargs):
    """Receive a signal as a host's broken receiver does."""
    raise IntegrityError(f"Key (title)=({SECRET}) already exists.")


@pytest.fixture
def broken_host():
    """A host's receiver that raises."""
    SHELF_CHANGED.connect(reject)
    yield reject
    SHELF_CHANGED.disconnect(reject)


def test_poison_is_kept_whole(library):
    """Every column tells where the event came from and why it is here; the bytes are its own."""
    poison = book(price=-1, topic="library", partition=3, offset=7)
    poison = replace(poison, message=replace(poison.message, key=b"\x00A"))
    settled(library, shelf(), poison)
    letter = DeadLetter.objects.get()
    assert letter.message == poison.message
    assert (letter.room, letter.consumer, letter.group) == (library.name, "books", "g")
    assert (letter.event_type, letter.event_id) == (
        poison.metadata.event_type,
        str(poison.metadata.id),
    )
    assert (letter.receiver, letter.attempts, letter.buried_at) == ("", 1, NOW)


def test_undecodable_message_is_kept_whole(library):
    """It has no consumer, and its type and id only as far as its headers tell them."""
    message = Message(
        topic="library",
        partition=0,
        offset=1,
        key=None,
        value=b"\x00\xff",
        headers=(("ce_type", b"a"), ("ce_type", b"b"), ("ce_id", b"\xff\x00"), ("x", None)),
        timestamp=None,
    )
    settled(library, Undecodable(message, "header ce_type: found 2 times"))
    letter = DeadLetter.objects.get()
    assert letter.message == message
    assert (letter.consumer, letter.event_type, letter.event_id) == ("", "", "%FF%00")
    assert letter.error == "header ce_type: found 2 times"


def test_redelivered_poison_is_buried_once(library):
    """The dead letter that is there stays as it was found first."""
    poison = book(price=-1)
    settled(library, shelf(), poison)
    first = DeadLetter.objects.values().get()
    settled(library, poison, now=NOW.replace(year=NOW.year + 1))
    assert DeadLetter.objects.values().get() == first


def test_two_consumers_bury_one_message_twice(library):
    """Each of them may be mended and replayed without the other."""
    message = shelf().message
    for consumer in ("", "shelves"):
        DeadLetter.objects.create(
            room=library.name, consumer=consumer, buried_at=NOW, **DeadLetter.columns_of(message)
        )
    assert DeadLetter.objects.count() == 2


def test_host_receiver_that_raises_is_named(library, broken_host):
    """Our own row is there, our outcome is ours, and the failure isn't swallowed."""
    event = shelf()
    result = deliver(library, event)
    assert outcomes(result) == [Outcome.APPLIED]
    assert result.counts == {"shelves": {Outcome.APPLIED: 1}}
    assert Shelf.objects.exists()
    letter = DeadLetter.objects.get()
    assert letter.receiver == "tests.shared.test_dead_letters.reject"
    assert letter.consumer == ""
    assert letter.message == event.message
    assert letter.error.startswith(
        "A receiver of the host raised django.db.utils.IntegrityError, "
        "raised at tests.shared.test_dead_letters:"
    )


def test_host_receiver_and_our_consumer_may_fail_on_one_event(library, broken_host):
    """Both failures are kept, each by itself."""
    Shelf.objects.create(sync_key="other", code="A")
    assert outcomes(deliver(library, shelf("A"))) == [Outcome.DEAD]
    letters = DeadLetter.objects.order_by("consumer").values_list("consumer", "receiver")
    assert list(letters) == [
        ("", "tests.shared.test_dead_letters.reject"),
        ("shelves", ""),
    ]


def test_receivers_of_one_name_share_a_dead_letter(library):
    """Two failing partials of one function can't be told apart, and don't stop the batch."""
    event = shelf()
    failures = tuple(ReceiverFailure(event, partial(reject), ValueError()) for _ in range(2))
    batch = Batch(room=library, group="g", worker="w", arrivals=(event,), failures=failures)
    assert outcomes(settle(batch, now=NOW)) == [Outcome.APPLIED]
    assert DeadLetter.objects.get().receiver == f"{__name__}.reject"


def test_name_of_a_receiver_fits_its_column(library):
    """However deep a receiver is nested."""

    def receive(**kwargs):
        """Receive nothing."""

    receive.__qualname__ = "x" * 999
    event = shelf()
    failures = (ReceiverFailure(event, receive, ValueError()),)
    settle(
        Batch(room=library, group="g", worker="w", arrivals=(event,), failures=failures), now=NOW
    )
    assert len(DeadLetter.objects.get().receiver) == 255


def test_neither_log_nor_reason_holds_a_value(library, broken_host, caplog):
    """Logs are read where the payload may not be seen."""
    caplog.set_level(logging.DEBUG)
    deliver(library, shelf(label=SECRET), book("1", SECRET, price=-1))
    assert DeadLetter.objects.count() == 2
    assert caplog.text.count("event.buried") == 2
    assert SECRET not in caplog.text
    assert not any(SECRET in letter.error for letter in DeadLetter.objects.all())


def test_burial_is_logged_with_its_place(library, caplog):
    """The log leads to the dead letter."""
    settled(library, shelf(), book(price=-1, topic="library", partition=3, offset=7))
    (record,) = (r for r in caplog.records if getattr(r, "action", "") == "event.buried")
    assert record.fields["place"] == "library[3]@7"
    assert record.fields["consumer"] == "books"
    assert record.levelno == logging.WARNING


@pytest.mark.parametrize(
    ("headers", "event_type", "event_id"),
    [
        ((), "", ""),
        ((("ce_type", b"org.openedx.a.v1"), ("ce_id", b"1-2")), "org.openedx.a.v1", "1-2"),
        ((("ce_type", b"\xff"), ("ce_id", None)), "", ""),
        ((("ce_type", b"a\x00b"), ("ce_id", b"a\x00b")), "a%00b", "a%00b"),
        ((("ce_type", b"x" * 999), ("ce_id", b"y" * 999)), "x" * 255, "y" * 64),
        ((("ce_type", b"a"), ("ce_id", b"1"), ("ce_id", b"2")), "a", ""),
    ],
)
def test_identity_is_what_can_be_said_without_decoding(headers, event_type, event_id):
    """Whatever the headers hold, it fits its column and no database refuses it."""
    message = replace(shelf().message, headers=headers)
    assert identity_of(message) == {"event_type": event_type, "event_id": event_id}


def test_deaths_before_an_offset(library):
    """Oldest first, those of several partitions in turn; a partition has no offset below 0."""
    settled(library, shelf(), *(book(str(n), price=-1, partition=1, offset=n) for n in (1, 4, 5)))
    settled(library, book("6", price=-1, partition=2, offset=1))
    (topic,) = DeadLetter.objects.values_list("topic", flat=True).distinct()
    starts = {(topic, 1): 5, (topic, 2): 2, ("other", 1): 1}
    deaths = deaths_before(starts, room=library, limit=4)
    assert list(deaths) == [True, False, False, False, True, True, False]
    assert not any(deaths_before(starts, room=Room("another", library.consumers), limit=4))
    assert list(deaths_before({}, room=library, limit=4)) == []


def test_failed_receivers_are_no_deaths(library, broken_host):
    """They say nothing of the room's own deploy."""
    deliver(library, shelf())
    letter = DeadLetter.objects.get()
    starts = {(letter.topic, letter.partition): letter.offset + 1}
    assert not any(deaths_before(starts, room=library, limit=4))
