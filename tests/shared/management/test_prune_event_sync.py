"""``prune_event_sync`` drops what is old enough, and nothing that is needed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from enterprise_license_sync.standalone.models import (
    License,
    LicensedEnrollment,
    SubscriptionPlan,
)
from shared import registry, retention
from shared.applied import apply_in_order
from shared.models import (
    AppliedEvent,
    Checkpoint,
    DeadLetter,
    OutcomeCount,
    ParkedEvent,
    Repair,
    ShadowFailure,
    ShadowRecord,
    WorkerMinute,
)
from shared.ordering import Position
from shared.outcomes import Outcome
from shared.records import PositionedRecord
from tests.enterprise_license_sync.events import (
    ROOM,
    enrollment,
    license_,
    license_that_is,
    outcomes,
    plan,
    plan_that_is,
    work,
)
from tests.library import DIRECT, book, settled, shelf
from tests.snapshots import Ended
from tests.testapp.room import ShelfRecord

pytestmark = pytest.mark.django_db


def pruned(*arguments: object) -> Ended:
    """Run the command for real."""
    return Ended("prune_event_sync", *map(str, arguments), "--apply", "--json")


def dropped(*arguments: object) -> dict[str, int]:
    """Run the command for real and return how many rows it dropped, by kind."""
    ended = pruned(*arguments)
    assert ended.status == 0, ended.error
    return {row["kind"]: row["dropped"] for row in ended.json["kinds"] if row["dropped"]}


def ago(days: float) -> datetime:
    """Return a time in the past."""
    return timezone.now() - timedelta(days=days)


def repair(days: float) -> None:
    """Keep a repair of then."""
    Repair.objects.create(at=ago(days), actor="ada", action="replay", place="t[0]@1")


def count(days: float) -> None:
    """Keep a count of then."""
    OutcomeCount.objects.create(worker="w", room="r", consumer="c", minute=ago(days))


def minute(days: float) -> None:
    """Keep a worker's minute of then."""
    times = dict.fromkeys(("minute", "started_at", "seen_at", "progress_at"), ago(days))
    WorkerMinute.objects.create(worker="w", room="r", group="g", mode="live", state="s", **times)


def shadow(days: float, consumer: str = "books") -> None:
    """Keep a shadow's record of then."""
    key = f"{consumer}|{days}"
    ShadowRecord.objects.create(consumer=consumer, sync_key=key, record="{}", seen_at=ago(days))


def failure(days: float, room: str = "tests.testapp-shadow") -> None:
    """Keep a shadow's failure of then."""
    place = f"t[0]@{days}"
    ShadowFailure.objects.create(room=room, place=place, error="e", seen_at=ago(days))


def checkpoint(days: float) -> None:
    """Keep a checkpoint of then."""
    times = {"begun_at": ago(days), "saved_at": ago(days)}
    Checkpoint.objects.create(
        room="r", consumer="c", source_digest=str(days), source="f", place="1", rows=1, **times
    )


SIMPLE = [
    ("repairs", 730, repair, Repair),
    ("counts", 90, count, OutcomeCount),
    ("minutes", 30, minute, WorkerMinute),
    ("shadow", 30, shadow, ShadowRecord),
    ("shadow", 30, failure, ShadowFailure),
    ("checkpoints", 30, checkpoint, Checkpoint),
]


class TestAge:
    """Each kind has its own, of which settings and options may say another."""

    @pytest.mark.parametrize(("kind", "days", "make", "model"), SIMPLE)
    def test_default(self, kind, days, make, model):
        """What is younger stays."""
        for age in (days - 0.5, days + 0.5, days + 100):
            make(age)
        assert dropped() == {kind: 2}
        assert model.objects.count() == 1
        assert dropped() == {}

    @pytest.mark.parametrize(("kind", "days", "make", "model"), SIMPLE)
    def test_setting(self, settings, kind, days, make, model):
        """By kind."""
        settings.EVENT_SYNC = {**settings.EVENT_SYNC, "RETENTION": {kind: 3}}
        make(2)
        make(4)
        assert dropped() == {kind: 1}

    def test_option(self):
        """Of the kinds that are named, and no other."""
        for make in (repair, count, checkpoint):
            make(5)
        assert dropped("--kind", "repairs", "counts", "--older-than", 4) == {
            "repairs": 1,
            "counts": 1,
        }
        assert Checkpoint.objects.exists()

    def test_kind_alone(self):
        """As old as it is kept by itself."""
        count(91)
        checkpoint(91)
        assert dropped("--kind", "counts") == {"counts": 1}

    def test_dry_run(self):
        """Says what would go."""
        count(91)
        ended = Ended("prune_event_sync", "--json")
        (row,) = [row for row in ended.json["kinds"] if row["matched"]]
        assert row == {"kind": "counts", "older_than": 90, "matched": 1, "dropped": 0}
        assert OutcomeCount.objects.count() == 1
        assert "--apply" in Ended("prune_event_sync").output


class TestMessages:
    """Dead letters and parked events; who dropped them and why is kept."""

    def test_dead_letters(self, library):
        """As ``dead_letters prune`` does."""
        settled(library, shelf(), *(book(str(n), price=-1, **DIRECT) for n in (1, 2)))
        oldest = DeadLetter.objects.order_by("pk").values_list("pk", flat=True)[:1]
        DeadLetter.objects.filter(pk__in=list(oldest)).update(buried_at=ago(181))
        assert dropped("--actor", "ada") == {"dead-letters": 1}
        assert DeadLetter.objects.count() == 1
        found = Repair.objects.get()
        assert (found.action, found.actor, found.reason) == ("prune", "ada", "Older than 180 days.")

    def test_parked_that_a_worker_will_bury(self, library):
        """Stays: to bury it is the worker's business."""
        settled(library, book("1", code="nowhere", **DIRECT))
        ParkedEvent.objects.update(parked_at=ago(500))
        assert dropped() == {}

    @pytest.mark.parametrize("change", [{"room": "gone"}, {"consumer": "gone"}])
    def test_parked_that_nobody_looks_after(self, library, change):
        """Its consumer isn't installed: it would wait for ever."""
        settled(library, book("1", code="nowhere", **DIRECT))
        ParkedEvent.objects.update(parked_at=ago(500), **change)
        assert dropped() == {"parked": 1}
        assert Repair.objects.get().action == "prune"


def test_shadow_that_is_in_use(library, settings):
    """A consumer in shadow is still compared, however long ago its last event was."""
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "MODES": {"books": "shadow"}}
    for consumer in ("books", "shelves"):
        shadow(400, consumer)
    failure(400)
    failure(401, "other-shadow")
    assert dropped() == {"shadow": 2}
    assert ShadowRecord.objects.get().consumer == "books"


class TestPositions:
    """They keep deleted rows away: only on demand, and only where nothing older can come."""

    @pytest.fixture
    def room(self):
        """The room whose tables have rows that say that they are deleted."""
        return registry.get_room(ROOM)

    def applied(self, consumer: str, code: str, days: float) -> None:
        """Let a consumer's row have followed an event of then."""
        position = Position.at(ago(days))
        item = PositionedRecord(ShelfRecord(code=code, label=""), position)
        apply_in_order(consumer, [item], lambda _: Outcome.APPLIED)

    def test_stay_by_themselves(self):
        """However old they are."""
        self.applied("gone", "a", 5000)
        assert dropped() == {}
        assert pruned("--kind", "positions").status == 3
        assert AppliedEvent.objects.count() == 1

    def test_of_a_consumer_that_is_gone(self, library):
        """They may go, for nobody follows events for it; those that are installed stay."""
        for consumer, days in (("gone", 400), ("gone", 300), ("books", 400)):
            self.applied(consumer, f"{consumer}{days}", days)
        AppliedEvent.objects.create(consumer="gone", sync_key="marker", has_followed=True)
        assert dropped("--kind", "positions", "--older-than", 365) == {"positions": 1}
        assert AppliedEvent.objects.count() == 3

    def test_of_a_consumer_that_has_a_dead_letter(self, library):
        """It may be replayed when the consumer is back, and be older."""
        self.applied("gone", "a", 400)
        settled(library, shelf(), book("1", price=-1, **DIRECT))
        DeadLetter.objects.update(consumer="gone")
        assert dropped("--kind", "positions", "--older-than", 365) == {}
        DeadLetter.objects.update(consumer="")
        assert dropped("--kind", "positions", "--older-than", 365) == {}
        DeadLetter.objects.all().delete()
        assert dropped("--kind", "positions", "--older-than", 365) == {"positions": 1}

    def test_deleted_rows(self, room):
        """Children first: none is taken from under another row."""
        work(room, plan(1), license_that_is("activated", 2))
        work(room, license_that_is("deleted", 3), plan_that_is("deleted", 4))
        assert dropped("--kind", "positions", "--older-than", 1) == {"positions": 2}
        assert not SubscriptionPlan.objects.exists()
        assert not License.objects.exists()

    def test_deleted_row_that_another_needs(self, room):
        """It stays as long as that does."""
        work(room, plan(1), license_that_is("activated", 2), enrollment(3))
        work(room, license_that_is("deleted", 4), plan_that_is("deleted", 5))
        assert dropped("--kind", "positions", "--older-than", 1) == {}
        LicensedEnrollment.objects.all().delete()
        assert dropped("--kind", "positions", "--older-than", 1) == {"positions": 2}

    def test_rows_that_are_there(self, room):
        """Are never dropped, nor those that were deleted lately."""
        work(room, plan(1), license_that_is("revoked", 2))
        assert dropped("--kind", "positions", "--older-than", 1) == {}
        work(room, license_that_is("deleted", 3))
        License.objects.update(position=Position.at(ago(0.5)))
        assert dropped("--kind", "positions", "--older-than", 1) == {}

    def test_deleted_row_with_a_dead_letter(self, room):
        """An old event of it could still be replayed, and bring it back."""
        work(room, plan(1), license_that_is("deleted", 3))
        outcomes(room, license_(2, status="odd"))
        assert DeadLetter.objects.count() == 1
        assert dropped("--kind", "positions", "--older-than", 1) == {}
        assert License.objects.exists()


class TestInTheMiddle:
    """What was dropped is gone, and the same command goes on."""

    @pytest.mark.parametrize(
        ("error", "status"), [(OperationalError("gone"), 1), (KeyboardInterrupt(), 130)]
    )
    def test_ends(self, monkeypatch, error, status):
        """In small steps: those before it stand."""
        monkeypatch.setattr(retention, "AT_ONCE", 2)
        for n in range(5):
            repair(800 + n)
        steps = []
        real = retention._ids

        def ids(rows, seen):
            steps.append(seen)
            if len(steps) == 2:
                raise error
            return real(rows, seen)

        monkeypatch.setattr(retention, "_ids", ids)
        ended = pruned("--kind", "repairs")
        assert (ended.status, ended.json["kinds"][0]["dropped"]) == (status, 2)
        assert len(ended.error.splitlines()) == 1
        assert dropped("--kind", "repairs") == {"repairs": 3}


class TestBadInput:
    """One line, and nothing is done."""

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("--older-than", 5), "--kind"),
            (("--kind", "positions"), "--older-than"),
            (("--kind", "counts", "--older-than", 10**8), "days ago"),
            (("--actor", ""), "actor"),
        ],
    )
    def test_option(self, arguments, said):
        """Each."""
        count(91)
        ended = pruned(*arguments)
        assert ended.status == 3
        assert said in ended.error
        assert OutcomeCount.objects.exists()

    @pytest.mark.parametrize("value", [{"letters": 1}, {"counts": 0}, {"counts": "1"}, 5])
    def test_setting(self, settings, value):
        """Each names itself."""
        settings.EVENT_SYNC = {**settings.EVENT_SYNC, "RETENTION": value}
        count(91)
        ended = pruned()
        assert ended.status == 3
        assert "RETENTION" in ended.error
        assert OutcomeCount.objects.exists()
