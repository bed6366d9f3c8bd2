"""A retired learner is known again, by whoever has the key, and nothing of their events is kept."""

from __future__ import annotations

from hashlib import sha256

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shared import parking
from shared.batches import Batch, Retried, Undecodable
from shared.consumer import Room
from shared.direct import decode_stored
from shared.exceptions import ConfigurationError
from shared.learners import Identity, names
from shared.models import DeadLetter, OutcomeCount, ParkedEvent, RetiredLearner, RetirementGate
from shared.outcomes import Outcome
from shared.pipeline import settle
from shared.receivers import ReceiverFailure
from shared.replay import replay
from shared.retirement import block, retired_among
from shared.testing import registered
from tests.library import DIRECT, NOW, book, outcomes, settled, shelf
from tests.readers import ME, READERS, called
from tests.shadows import kept, records
from tests.testapp.events import BOOK_CHANGED
from tests.testapp.models import Book
from tests.testapp.room import ROOM, SHELVES

pytestmark = pytest.mark.django_db

FILTERED, APPLIED = Outcome.FILTERED, Outcome.APPLIED
NAME = "Persuasion"


@pytest.fixture
def room():
    """The tests' room, whose books name learners."""
    with registered(ROOM, SHELVES, READERS) as room:
        settled(room, shelf())
        yield room


def keys(settings, *texts):
    """Set the keys."""
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "RETIREMENT_KEYS": list(texts)}


def is_blocked(room, name=NAME):
    """Return whether an event that names somebody is held back."""
    return retired_among(room.consumers[1], [book("9", name)]) == [True]


class TestEvents:
    """Whatever would have become of it, an event of a retired learner ends filtered."""

    @pytest.mark.parametrize(
        "event",
        [
            book("1", NAME),
            book("1", NAME.upper()),
            book("1", f" {NAME} "),
            book("1", NAME, price=-1),
            book("1", NAME, code="nowhere"),
        ],
        ids=["good", "another case", "spaces", "would die", "would park"],
    )
    def test_ends_filtered_and_leaves_nothing(self, room, event):
        """No row, no dead letter, no parked event."""
        block(called(NAME))
        assert outcomes(settled(room, event)) == [FILTERED]
        assert not any(model.objects.exists() for model in (Book, DeadLetter, ParkedEvent))

    def test_others_go_on(self, room):
        """In the same batch."""
        block(called(NAME))
        ended = outcomes(settled(room, book("1"), book("2", NAME), book("3")))
        assert ended == [APPLIED, FILTERED, APPLIED]

    def test_filter_that_fails(self, room, settings):
        """It may not bury what nobody may keep."""
        settings.EVENT_SYNC = {
            **settings.EVENT_SYNC,
            "FILTERS": {"books": ["shared.exceptions.UnmappableEvent"]},
        }
        block(called(NAME))
        assert outcomes(settled(room, book("1", NAME))) == [FILTERED]

    def test_parked_before(self, room):
        """One that the erasure hasn't come to yet isn't brought back by its parent."""
        settled(room, book("1", NAME, code="B", **DIRECT))
        block(called(NAME))

        (parked,) = ParkedEvent.objects.all()
        (arrival,) = parking.arrivals_of([parked], decode_stored)
        assert isinstance(arrival, Retried)
        assert outcomes(settled(room, shelf("B"), arrival)) == [APPLIED, FILTERED]
        assert not ParkedEvent.objects.exists()
        total = sum(OutcomeCount.objects.values_list("parked", flat=True))
        assert total == 0

    def test_dead_before(self, room):
        """A replay doesn't bring it back, whatever was mended."""
        settled(room, book("1", NAME, price=-1, **DIRECT))
        block(called(NAME))
        assert [each.result for each in replay(DeadLetter.objects.all(), ME)] == ["filtered"]
        assert not DeadLetter.objects.exists()

    def test_receiver_that_raises(self, room):
        """The host's receiver failed for it: that isn't kept, for the letter has the event."""
        block(called(NAME))
        failures = tuple(
            ReceiverFailure(book(str(n), name), print, ValueError())
            for n, name in enumerate(("Emma", NAME))
        )
        batch = Batch(room=room, group="g", worker="w", arrivals=(), failures=failures)
        settle(batch, now=NOW)
        assert DeadLetter.objects.get().message == failures[0].event.message

    def test_receiver_of_an_event_in_shadow(self, room):
        """The live worker calls it; the consumer that knows whom the event names is elsewhere."""
        block(called(NAME))
        failure = ReceiverFailure(book("1", NAME), print, ValueError())
        live = Room(room.name, (SHELVES,))
        batch = Batch(room=live, group="g", worker="w", arrivals=(), failures=(failure,))
        settle(batch, now=NOW)
        assert not DeadLetter.objects.exists()

    def test_receivers_letter(self, room):
        """The receiver isn't called with it again."""
        called_with = []

        def receiver(**arguments):
            called_with.append(arguments)

        BOOK_CHANGED.connect(receiver)
        try:
            failure = ReceiverFailure(book("1", NAME, **DIRECT), receiver, ValueError())
            batch = Batch(room=room, group="g", worker="w", arrivals=(), failures=(failure,))
            settle(batch, now=NOW)
            block(called(NAME))
            assert [each.result for each in replay(DeadLetter.objects.all(), ME)] == ["filtered"]
        finally:
            BOOK_CHANGED.disconnect(receiver)
        assert called_with == []

    def test_shadow(self, room):
        """A shadow keeps nothing of it either."""
        block(called(NAME))
        assert outcomes(kept(room, book("1"), book("2", NAME))) == [APPLIED, FILTERED]
        assert list(records()) == ["books|1"]

    def test_what_cannot_be_decoded_is_buried(self, room):
        """Whose it is, nobody can tell."""
        block(called(NAME))
        settled(room, Undecodable(book("1", NAME).message, "value: damaged"))
        assert DeadLetter.objects.count() == 1


class TestMemory:
    """What is remembered tells nothing without the key, and is lost with it."""

    def test_no_name_is_kept(self):
        """Nor a digest that anybody could make."""
        block(called(NAME))
        row = RetiredLearner.objects.get()
        plain = {sha256(text.encode()).hexdigest() for text in (NAME, NAME.lower())}
        assert NAME.lower() not in row.digest
        assert row.digest not in plain

    def test_kinds_are_told_apart(self, room):
        """A username isn't the email, or the id, of the same spelling."""
        block(names([(Identity.EMAIL, NAME), (Identity.LMS_USER_ID, NAME)]))
        assert not is_blocked(room)

    def test_twice(self):
        """Who is retired needn't be retired again."""
        assert (block(called(NAME, "Emma")), block(called(NAME))) == (2, 0)
        assert RetiredLearner.objects.count() == 2

    def test_new_secret_key(self, room, settings):
        """The old one stays among the fallbacks, as Django has it."""
        settings.SECRET_KEY = "old"
        block(called(NAME))
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]
        assert is_blocked(room)

    def test_own_keys(self, room, settings):
        """Django's may change as it likes, once all were retired with these."""
        keys(settings, "one")
        block(called(NAME))
        settings.SECRET_KEY = "changed"
        assert is_blocked(room)

    def test_more_keys(self, room, settings):
        """A new one comes first; both are known, and nobody is remembered twice."""
        keys(settings, "one")
        block(called(NAME))
        keys(settings, "two", "one")
        assert block(called(NAME, "Emma")) == 1
        assert is_blocked(room)
        assert is_blocked(room, "Emma")
        assert not is_blocked(room, "Lady Susan")

    def test_lost_key(self, room, settings):
        """Nothing is settled that might bring somebody back; one line says what to do."""
        keys(settings, "one")
        block(called(NAME))
        keys(settings, "two")
        with pytest.raises(ConfigurationError, match="RETIREMENT_KEYS") as raised:
            settled(room, book("1"))
        assert "one" not in str(raised.value).split()
        with pytest.raises(ConfigurationError):
            block(called("Emma"))
        assert not Book.objects.exists()
        assert RetiredLearner.objects.count() == 1

    @pytest.mark.parametrize("value", [[""], "text", [1], {"a": "b"}])
    def test_bad_setting(self, settings, value):
        """It is named, and its value isn't shown."""
        settings.EVENT_SYNC = {**settings.EVENT_SYNC, "RETIREMENT_KEYS": value}
        with pytest.raises(ConfigurationError, match="RETIREMENT_KEYS"):
            block(called(NAME))


class TestCost:
    """What it costs those who aren't retired."""

    def queries(self, room, *events):
        """Return how many queries a look takes."""
        with CaptureQueriesContext(
            connection,
        ) as queries:
            retired_among(room.consumers[1], events)
        return len(queries)

    def test_nobody_is_retired(self, room):
        """One query for a batch, of one row."""
        assert self.queries(room, *(book(str(n)) for n in range(50))) == 1

    def test_somebody_is(self, room):
        """Two, however many events there are."""
        block(called(*(str(n) for n in range(100))))
        assert self.queries(room, *(book(str(n)) for n in range(50))) == 2

    def test_events_that_name_nobody(self, room):
        """None."""
        block(called(NAME))
        with CaptureQueriesContext(connection) as queries:
            assert retired_among(SHELVES, [shelf()]) == [False]
        assert len(queries) == 0

    def test_gate_is_there_from_the_first(self):
        """A batch holds it before anybody was ever retired."""
        assert RetirementGate.objects.get().fingerprints == ""
