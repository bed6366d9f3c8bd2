"""All that names a retired learner goes, the rest stays, and what can't be read is said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone

from shared.erasure import NOBODY, REMOVED
from shared.exceptions import TransientError
from shared.learners import Identity, names
from shared.models import DeadLetter, OutcomeCount, ParkedEvent, Repair, ShadowRecord
from shared.repairs import By, discard
from shared.tables import TableDestination
from shared.testing import registered
from tests.library import DIRECT, book, settled, shelf
from tests.readers import READERS, called, erased
from tests.shadows import kept
from tests.testapp.models import Book, Shelf
from tests.testapp.room import ROOM, SHELVES

pytestmark = pytest.mark.django_db

NAME = "Persuasion"


@pytest.fixture
def room():
    """The tests' room, whose books name learners."""
    with registered(ROOM, SHELVES, READERS) as room:
        settled(room, shelf())
        yield room


def titles():
    """Return the titles of the rows."""
    return list(Book.objects.order_by("isbn").values_list("title", flat=True))


def bury(room, name, number="1"):
    """Let an event that names somebody die."""
    settled(room, book(number, name, price=-1, **DIRECT))


class TestStored:
    """Messages: dead letters and parked events, whole."""

    @pytest.mark.parametrize("how", [{"price": -1}, {"code": "nowhere"}], ids=["dead", "parked"])
    def test_goes(self, room, how):
        """The learner's only, in whatever case it has their name."""
        kind = "dead letters" if "price" in how else "parked events"
        model = DeadLetter if "price" in how else ParkedEvent
        settled(room, *(book(n, t, **how, **DIRECT) for n, t in (("1", NAME), ("2", "Emma"))))
        assert erased(called(NAME.upper())) == {kind: (1, 0)}
        assert model.objects.count() == 1
        repair = Repair.objects.get()
        assert (repair.action, repair.result, repair.reason) == ("retire", "erased", "")
        assert erased(called(NAME)) == {}

    def test_parked_is_counted_as_filtered(self, room):
        """So that the columns' totals stay true."""
        settled(room, book("1", NAME, code="nowhere", **DIRECT))
        erased(called(NAME))
        counts = OutcomeCount.objects.filter(consumer="books").values_list("parked", "filtered")
        assert tuple(map(sum, zip(*counts, strict=True))) == (0, 1)

    def test_dry_run(self, room):
        """Says the same and changes nothing."""
        bury(room, NAME)
        assert erased(called(NAME), is_real=False) == {"dead letters": (1, 0)}
        assert DeadLetter.objects.count() == 1
        assert not Repair.objects.exists()

    @pytest.mark.parametrize(
        "change",
        [{"value": b"\xff"}, {"event_type": ""}, {"event_type": "org.openedx.gone.v1"}],
        ids=["bytes", "no type", "unknown type"],
    )
    def test_unreadable(self, room, change):
        """It may be the learner's: it is told, and dropped on demand."""
        bury(room, NAME)
        DeadLetter.objects.update(**change)
        assert erased(called("Emma")) == {"dead letters": (0, 1)}
        assert DeadLetter.objects.count() == 1
        assert erased(called("Emma"), drops_unreadable=True) == {"dead letters": (0, 1)}
        assert not DeadLetter.objects.exists()

    def test_event_that_names_nobody(self, room):
        """Needn't be read: nobody's name is in it."""
        bury(room, NAME)
        DeadLetter.objects.update(event_type="org.openedx.tests.shelf.changed.v1", value=b"\xff")
        assert erased(called(NAME)) == {}

    def test_registry_away(self, room, monkeypatch):
        """It ends there, what was done is done, and the rest can be done again."""
        settled(room, book("1", NAME, code="nowhere", **DIRECT))
        bury(room, NAME, "2")
        DeadLetter.objects.update(partition=0)

        def away(self):
            raise TransientError("The schema registry: away.")

        monkeypatch.setattr("shared.stored_events.StoredEvents._kafka_decoder", away)
        with pytest.raises(TransientError):
            erased(called(NAME))
        assert not ParkedEvent.objects.exists()
        assert DeadLetter.objects.count() == 1


class TestRows:
    """A row of a table of ours stays and names nobody."""

    def test_is_blanked(self, room):
        """In the columns that name the learner, and only there."""
        settled(room, book("1", NAME, price=7), book("2", "Emma"))
        before = Book.objects.get(isbn="1")
        assert erased(called(NAME)) == {"rows of books": (1, 0)}
        after = Book.objects.get(isbn="1")
        assert (after.title, after.price, after.position) == ("", 7, before.position)
        assert after.modified > before.modified
        assert titles() == ["", "Emma"]

    def test_other_names_that_a_database_finds_equal(self, room):
        """An accent makes another learner, whatever the collation says; so does a wildcard."""
        settled(room, book("1", "Pérsuasion"), book("2", NAME + " "), book("3", "Persuasio_"))
        erased(called("Persuasio_"))
        assert titles() == ["Pérsuasion", NAME + " ", ""]
        erased(called(NAME))
        assert titles()[0] == "Pérsuasion"

    @pytest.mark.parametrize("name", ["straße", "MÜLLER", "İpek", "ΟΔΟΣ", "ﬁona"])
    def test_name_that_a_database_folds_otherwise(self, room, name):
        """Is found as well, in a row and in what members of staff wrote."""
        settled(room, book("1", name))
        Repair.objects.create(at=timezone.now(), actor=name, place="t[0]@1", reason=f"By {name}.")
        assert erased(called(name)) == {"rows of books": (1, 0), "repairs": (2, 0)}
        assert titles() == [""]

    def test_other_kind_of_name(self, room):
        """An email isn't a username."""
        settled(room, book("1", NAME))
        assert erased(names([(Identity.EMAIL, NAME)])) == {}

    def test_changed_meanwhile(self, room, monkeypatch):
        """A row that is another learner's by now keeps that one's name."""
        settled(room, book("1", NAME))
        forget = TableDestination.forget

        def late(self, *arguments, **options):
            Book.objects.update(title="Emma")
            return forget(self, *arguments, **options)

        monkeypatch.setattr(TableDestination, "forget", late)
        erased(called(NAME))
        assert titles() == ["Emma"]

    def test_consumer_without_destination(self, room, settings):
        """One that only has a shadow, perhaps."""
        settings.EVENT_SYNC = {**settings.EVENT_SYNC, "DESTINATIONS": {}}
        assert erased(called(NAME)) == {}

    def test_other_tables(self, room):
        """Are left alone."""
        before = Shelf.objects.get().modified
        erased(called("novels", "A"))
        assert Shelf.objects.get().modified == before


class TestShadow:
    """What a shadow has kept of the learner goes."""

    def test_goes(self, room):
        """The others' stay."""
        kept(room, shelf(), book("1", NAME), book("2", "Emma"))
        assert erased(called(NAME)) == {"shadow records": (1, 0)}
        assert set(ShadowRecord.objects.values_list("sync_key", flat=True)) == {
            "books|2",
            "shelves|a",
        }

    def test_of_a_consumer_that_is_gone(self, room):
        """Nobody can tell where it has a name."""
        kept(room, book("1", NAME))
        ShadowRecord.objects.update(consumer="gone")
        assert erased(called(NAME)) == {"shadow records": (0, 1)}
        assert erased(called(NAME), drops_unreadable=True) == {"shadow records": (0, 1)}
        assert not ShadowRecord.objects.exists()


class TestRepairs:
    """What members of staff wrote, and who they were."""

    @pytest.mark.parametrize(
        ("reason", "expected"),
        [
            (f"{NAME} asked for it.", REMOVED),
            (f"asked by {NAME.lower()}", REMOVED),
            (f"{NAME}s are many", f"{NAME}s are many"),
            (f"x{NAME}", f"x{NAME}"),
            ("nobody's", "nobody's"),
        ],
    )
    def test_reason(self, room, reason, expected):
        """Names somebody only as a word of its own."""
        bury(room, "Emma")
        list(discard(DeadLetter.objects.all(), By("ada", reason)))
        erased(called(NAME))
        assert Repair.objects.get().reason == expected

    def test_actor(self):
        """A learner may be a member of staff."""
        for actor in (NAME.lower(), "ada"):
            Repair.objects.create(at=timezone.now(), actor=actor, action="replay", place="t[0]@1")
        assert erased(called(NAME)) == {"repairs": (1, 0)}
        assert set(Repair.objects.values_list("actor", flat=True)) == {NOBODY, "ada"}


def test_several_learners_at_once(room):
    """Take one look at everything."""
    settled(room, book("1", NAME), book("2", "Emma"), book("3", "Lady Susan"))
    assert erased(called(NAME, "Emma")) == {"rows of books": (2, 0)}
    assert titles() == ["", "", "Lady Susan"]


def test_more_learners_than_a_query_has_conditions(room):
    """SQLite takes a thousand."""
    settled(room, book("1", "learner-1500"))
    Repair.objects.create(at=timezone.now(), actor="ada", place="t[0]@1", reason="By learner-7.")
    everybody = called(*(f"learner-{number}" for number in range(2000)))
    assert erased(everybody) == {"rows of books": (1, 0), "repairs": (1, 0)}


def test_nothing_is_asked_for(room):
    """Nobody is found by a name that isn't there."""
    settled(room, book("1", ""), book("2", "Emma"))
    assert erased(called("")) == {}
    assert titles() == ["", "Emma"]


def test_consumer_that_declares_nothing(library):
    """Its rows aren't looked at."""
    settled(library, shelf(), book("1", NAME))
    with registered("other", replace(SHELVES, name="others")):
        assert erased(called(NAME)) == {}
    assert titles() == [NAME]
