"""``parked`` lists what waits, lets it be retried now, or buries it."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from shared import parking
from shared.models import DeadLetter, OutcomeCount, ParkedEvent, Repair
from tests.library import DIRECT, book, settled, shelf
from tests.testapp.room import ROOM

pytestmark = pytest.mark.django_db

SECRET = "Persuasion"


@pytest.fixture(autouse=True)
def _library(library):
    """A room with two books that wait for different shelves, for an hour still."""
    for isbn, code in (("1", "A"), ("2", "B")):
        settled(library, book(isbn, SECRET, code=code, **DIRECT))
    ParkedEvent.objects.update(retry_at=timezone.now() + timedelta(hours=1))


def printed(*arguments: object) -> str:
    """Run the command and return what it prints."""
    stream = StringIO()
    call_command("parked", *map(str, arguments), stdout=stream)
    return stream.getvalue()


def as_json(*arguments: object) -> dict[str, Any]:
    """Run the command and return the one JSON document that it prints."""
    document: dict[str, Any] = json.loads(printed(*arguments, "--json"))
    return document


def due() -> list[str]:
    """Return what the events wait for that a worker would retry now."""
    found = parking.due(ROOM, [""], limit=9, now=timezone.now())
    return [event.waiting_for for event in found]


def test_list():
    """What waits for what, and until when; nothing of what it holds."""
    document = as_json("list")
    assert document["matched"] == 2
    assert [row["waiting_for"] for row in document["parked"]] == ["shelves:a", "shelves:b"]
    text = printed("list", "--limit", 1)
    assert "1 of 2 parked events." in text
    assert SECRET not in text + json.dumps(document)


def test_filter_by_what_is_missing():
    """A part of the missing row's name is enough."""
    assert as_json("list", "--error", "SHELVES:b")["matched"] == 1


@pytest.mark.parametrize("verb", ["retry", "bury"])
def test_dry_run_changes_nothing(verb):
    """It says how many there are of what."""
    before = list(ParkedEvent.objects.order_by("pk").values())
    document = as_json(verb, "--error", "shelves", "--reason", "x")
    assert (document["applied"], document["matched"]) == (False, 2)
    (group,) = document["groups"]
    assert (group["consumer"], group["count"]) == ("books", 2)
    assert list(ParkedEvent.objects.order_by("pk").values()) == before
    assert not Repair.objects.exists()


def test_retry_makes_due():
    """A worker takes it at its next look, and who asked for it is kept."""
    assert as_json("retry", "--error", "shelves:b", "--apply", "--actor", "ada")["results"] == {
        "due": 1
    }
    assert due() == ["shelves:b"]
    repair = Repair.objects.get()
    assert (repair.actor, repair.action, repair.result) == ("ada", "retry", "due")
    assert repair.error == "It waited for shelves:b."


def test_bury_makes_dead_letters():
    """Whole, with what it waited for; it counts as dead and as parked no more."""
    parked = ParkedEvent.objects.get(waiting_for="shelves:a")
    document = as_json("bury", "--id", parked.pk, "--reason", "no such shelf", "--apply")
    assert document["results"] == {"buried": 1}
    letter = DeadLetter.objects.get()
    assert (letter.message, letter.consumer, letter.room) == (parked.message, "books", ROOM)
    assert letter.error == "Buried on demand while it waited for shelves:a."
    assert (letter.event_id, letter.event_type) == (parked.event_id, parked.event_type)
    assert ParkedEvent.objects.get().waiting_for == "shelves:b"
    assert sum(row.parked for row in OutcomeCount.objects.all()) == 1
    assert sum(row.dead for row in OutcomeCount.objects.all()) == 1
    assert (Repair.objects.get().action, Repair.objects.get().reason) == ("bury", "no such shelf")


def test_what_was_buried_can_be_replayed(library):
    """When its shelf is there at last."""
    printed("bury", "--error", "shelves:a", "--reason", "x", "--apply")
    settled(library, shelf())
    stream = StringIO()
    call_command("dead_letters", "replay", "--apply", "--json", stdout=stream)
    assert json.loads(stream.getvalue())["results"] == {"applied": 1}


def test_bury_needs_a_reason_and_a_filter():
    """Each is asked for, and nothing is changed."""
    for arguments, said in (
        (["--error", "shelves"], "A reason is missing"),
        (["--reason", "x"], "bury doesn't take all."),
    ):
        with pytest.raises(CommandError, match=said) as raised:
            printed("bury", "--apply", *arguments)
        assert raised.value.returncode == 3
    assert ParkedEvent.objects.count() == 2
