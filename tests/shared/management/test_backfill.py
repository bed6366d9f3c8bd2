"""``backfill`` brings a snapshot into a room beside its worker: the newest wins, whatever it is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from django.db import OperationalError
from django.utils import timezone

from shared import backfill as backfill_module
from shared import parking, pipeline, snapshot_reading
from shared.exceptions import TransientError
from shared.kafka.decoding import Decoder
from shared.models import Checkpoint, DeadLetter, OutcomeCount, ParkedEvent
from shared.stopping import StopRequest
from shared.supervisor import FATAL_STATUS
from shared.testing import registered
from tests.library import NOW, is_untouched, settled, shelf
from tests.snapshots import Ended, backfill, written
from tests.testapp.models import Book, Shelf
from tests.testapp.room import ROOM
from tests.testapp.room import SHELVES as SHELVES_CONSUMER

pytestmark = pytest.mark.django_db

SHELVES = (ROOM, "--consumer", "shelves")
BOOKS = (ROOM, "--consumer", "books")
TAKEN_AT = NOW - timedelta(minutes=10)
AS_OF = ("--as-of", TAKEN_AT.isoformat(), "--margin", "0")


def row(code="A", label="novels"):
    """Return a shelf as its source has it."""
    return {"code": code, "label": label}


def volume(isbn="1", *, time=NOW, **values):
    """Return a book as its source has it."""
    default = {"code": "A", "isbn": isbn, "title": "Emma", "price": 1}
    return default | {"modified": time.isoformat()} | values


@pytest.fixture
def file(library, tmp_path):
    """Return what writes rows into a file, always the same one."""

    def write(*rows):
        return "--from", written(tmp_path / "rows.jsonl", rows)

    return write


def labels():
    """Return the shelves' labels by code."""
    return dict(Shelf.objects.values_list("code", "label"))


def test_rows_become_rows(file):
    """Each by the way of its event, counted as such."""
    ended = backfill(*SHELVES, *AS_OF, *file(row(), row("B", "poems")))
    assert (ended.status, ended.lines) == (0, [])
    assert ended.json == {
        "room": ROOM,
        "consumer": "shelves",
        "finished": True,
        "rows": 2,
        "unreadable": 0,
        "outcomes": {"applied": 2},
        "waiting": 0,
    }
    assert labels() == {"A": "novels", "B": "poems"}
    assert OutcomeCount.objects.get(consumer="shelves").applied == 2


def test_same_snapshot_again_changes_nothing(file):
    """A second run, or one that goes back a bit."""
    source = file(row())
    backfill(*SHELVES, *AS_OF, *source)
    before = Shelf.objects.values().get()
    assert backfill(*SHELVES, *AS_OF, *source).json["outcomes"] == {"unchanged": 1}
    assert Shelf.objects.values().get() == before


@pytest.mark.parametrize("comes_first", ["event", "snapshot"])
@pytest.mark.parametrize(
    ("seconds", "wins"), [(-1, "snapshot"), (0, "event"), (1, "event")], ids=str
)
def test_newer_of_event_and_snapshot_wins(library, file, comes_first, seconds, wins):
    """Whichever comes first; at the very same time it is the event."""
    event = shelf(label="event", time=TAKEN_AT + timedelta(seconds=seconds))
    source = file(row(label="snapshot"))
    if comes_first == "event":
        settled(library, event)
    assert backfill(*SHELVES, *AS_OF, *source).status == 0
    if comes_first == "snapshot":
        settled(library, event)
    assert labels() == {"A": wins}


def test_event_under_way_when_the_snapshot_was_taken_wins(library, file):
    """The margin is for it: five minutes, unless another is said."""
    settled(library, shelf(label="event", time=TAKEN_AT - timedelta(minutes=4)))
    source = file(row(label="snapshot"))
    assert backfill(*SHELVES, *AS_OF[:2], *source).json["outcomes"] == {"stale": 1}
    assert backfill(*SHELVES, *AS_OF, *source).json["outcomes"] == {"applied": 1}


def test_row_that_knows_its_time_needs_no_other(library, file):
    """It wins over older events and loses to newer ones by that alone."""
    settled(library, shelf())
    source = file(volume(title="old"), volume(title="new", time=NOW + timedelta(seconds=1)))
    assert backfill(*BOOKS, *source).json["outcomes"] == {"applied": 2}
    assert backfill(*BOOKS, *source).json["outcomes"] == {"stale": 1, "unchanged": 1}
    assert Book.objects.get().title == "new"


def test_bad_rows_are_named_and_hold_up_no_other(library, file):
    """A line for each, with its number and field; a value only the room refuses is buried, too."""
    settled(library, shelf())
    source = file(
        "secret", volume("1"), volume("2", price="secret"), volume("3", price=-1), volume("4")
    )
    ended = backfill(*BOOKS, *source)
    assert ended.status == 1
    assert ended.lines[:2] == ["line 1: the line: is no JSON", "line 3: price: is no whole number"]
    assert ended.lines[2].startswith("line 4: ")
    assert (ended.json["rows"], ended.json["unreadable"]) == (5, 2)
    assert ended.json["outcomes"] == {"applied": 2, "dead": 1}
    assert "secret" not in " ".join([ended.output, *ended.lines])
    assert DeadLetter.objects.get().consumer == "books"
    backfill(*BOOKS, *source)
    assert DeadLetter.objects.count() == 1


def test_row_without_its_parent_waits_for_it(file):
    """Told, and settled by the backfill that brings the parent."""
    ended = backfill(*BOOKS, *file(volume()))
    assert (ended.status, ended.json["waiting"]) == (1, 1)
    assert ParkedEvent.objects.get().waiting_for == "shelves:a"
    assert backfill(*SHELVES, *AS_OF, *file(row())).status == 0
    assert Book.objects.get().title == "Emma"
    assert not ParkedEvent.objects.exists()


def test_worker_retries_what_waits(library, file):
    """When the parent comes by an event instead: whatever its topics are, it can read them."""
    backfill(*BOOKS, *file(volume()))
    settled(library, shelf())
    due = parking.due(ROOM, ["tests-library"], limit=9, now=timezone.now())
    settled(library, *parking.arrivals_of(due, Decoder(registry=None).decode))
    assert Book.objects.get().title == "Emma"
    assert not ParkedEvent.objects.exists()


def test_filtered_rows_are_none(library, file):
    """The room's filters are those of its events."""
    settled(library, shelf())
    ended = backfill(*BOOKS, *file(volume(title="unwanted")))
    assert (ended.status, ended.json["outcomes"]) == (0, {"filtered": 1})
    assert not Book.objects.exists()


def test_dry_run_changes_nothing(library, file):
    """It says what each row would come to: missing, different, or as it is."""
    settled(library, shelf("A"), shelf("B"))
    Shelf.objects.filter(code="B").update(label="poems")
    before = list(Shelf.objects.values())
    counted = OutcomeCount.objects.count()
    ended = Ended("backfill", *SHELVES, *AS_OF, *file(row("A"), row("B"), row("C")))
    assert ended.status == 0
    assert "1 agree, 1 differ, 1 missing" in ended.output
    assert "Nothing was changed" in ended.output
    assert "shelves: label: key=B event='novels' host='poems'" in ended.output
    assert list(Shelf.objects.values()) == before
    assert OutcomeCount.objects.count() == counted
    assert not Checkpoint.objects.exists()


def test_dry_run_finds_bad_rows(library, file):
    """Before anything is written."""
    source = file("x", volume(time=NOW + timedelta(days=1)))
    ended = Ended("backfill", *BOOKS, *source, "--json")
    assert (ended.status, len(ended.lines)) == (1, 2)
    assert ended.lines[1].startswith("line 2: header ce_time")
    assert is_untouched()


@pytest.fixture
def stops(settings, monkeypatch):
    """Return what lets the command be told to stop after so many batches of two rows."""
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"BATCH_SIZE": 2}
    settle = backfill_module.Backfill.settle
    real, requests = StopRequest.__init__, []

    def remember(self):
        real(self)
        requests.append(self)

    monkeypatch.setattr(StopRequest, "__init__", remember)

    def after(batches):
        def count(self, events):
            nonlocal batches
            batches -= 1
            if not batches:
                requests[-1].make()
            return settle(self, events)

        monkeypatch.setattr(backfill_module.Backfill, "settle", count)

    return after


def test_interrupted_run_goes_on(file, stops):
    """The same command goes on where it was, and says so; nothing is left behind at the end."""
    source = file(*(row(str(number)) for number in range(5)))
    stops(1)
    ended = backfill(*SHELVES, *AS_OF, *source)
    assert (ended.status, ended.json["finished"], ended.json["rows"]) == (1, False, 2)
    assert Shelf.objects.count() == 2
    stops(0)
    ended = backfill(*SHELVES, *AS_OF, *source)
    assert (ended.status, ended.json["finished"], ended.json["rows"]) == (0, True, 5)
    assert ended.json["outcomes"] == {"applied": 3}
    assert "Goes on after 2 rows" in ended.lines[0]
    assert not Checkpoint.objects.exists()


def test_bad_rows_before_an_interruption_are_not_forgotten(file, stops):
    """The run that goes on ends with 1 for them; a later one, of the whole file, is another."""
    source = file("no JSON", row("A"), row("B"))
    stops(1)
    assert backfill(*SHELVES, *AS_OF, *source).status == 1
    stops(0)
    ended = backfill(*SHELVES, *AS_OF, *source)
    assert (ended.status, ended.json["finished"], ended.json["unreadable"]) == (1, True, 0)
    assert "Goes on after 2 rows (1 of them not brought)" in ended.lines[0]


def test_interrupted_run_can_begin_anew(file, stops):
    """If one asks for it, or if the file is another one."""
    source = file(*(row(str(number)) for number in range(5)))
    stops(1)
    backfill(*SHELVES, *AS_OF, *source)
    stops(0)
    assert backfill(*SHELVES, *AS_OF, *source, "--restart").json["outcomes"] == {
        "applied": 3,
        "unchanged": 2,
    }
    assert not Checkpoint.objects.exists()
    stops(1)
    backfill(*SHELVES, *AS_OF, *source)
    stops(0)
    source = file(*(row(str(number), "poems") for number in range(5)))
    assert backfill(*SHELVES, *AS_OF, *source).json["rows"] == 5


def test_database_that_is_away_for_a_while_is_waited_for(file, monkeypatch):
    """As the worker waits for it."""
    settle, failures = pipeline.settle, [TransientError("away")] * 2

    def fail(*arguments, **how):
        if failures:
            raise failures.pop()
        return settle(*arguments, **how)

    monkeypatch.setattr(backfill_module, "settle", fail)
    assert backfill(*SHELVES, *AS_OF, *file(row())).status == 0
    assert labels() == {"A": "novels"}


def test_database_that_stays_away_ends_the_run(file, monkeypatch, settings):
    """With one line; what was done stays done, and the same command goes on."""
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"BATCH_SIZE": 1, "ISOLATE_AFTER_ATTEMPTS": 2}
    settle, calls = pipeline.settle, []

    def fail(*arguments, **how):
        calls.append(how["isolate"])
        if len(calls) > 1:
            raise TransientError("The database failed.")
        return settle(*arguments, **how)

    source = file(row("A"), row("B"))
    monkeypatch.setattr(backfill_module, "settle", fail)
    ended = backfill(*SHELVES, *AS_OF, *source)
    assert (ended.status, ended.error) == (FATAL_STATUS, "Fatal: The database failed.")
    assert calls == [False, False, False, True]
    monkeypatch.setattr(backfill_module, "settle", settle)
    assert backfill(*SHELVES, *AS_OF, *source).json["outcomes"] == {"applied": 1}


def test_database_that_is_away_at_the_beginning(file, monkeypatch):
    """It is said in one line."""

    def fail(*_, **__):
        raise OperationalError("secret")

    monkeypatch.setattr(Checkpoint, "of", fail)
    ended = backfill(*SHELVES, *AS_OF, *file(row()))
    assert ended.status == FATAL_STATUS
    assert ended.error.startswith("Fatal: The database ")
    assert "secret" not in ended.error


def test_flood_of_bad_rows_stops_the_run(library, file, settings):
    """A mapping that doesn't fit the file would bury all of it; the batch isn't committed."""
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"FLOOD_RUN": 3}
    settled(library, shelf())
    ended = backfill(*BOOKS, *file(*(volume(str(n), price=-1) for n in range(3))))
    assert (ended.status, ended.error[:8]) == (FATAL_STATUS, "Fatal: 3")
    assert not DeadLetter.objects.exists()


def test_rate_is_kept(file, settings, monkeypatch):
    """After a part it pauses for as long as its rows may take, less what they took."""
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"BATCH_SIZE": 2}
    pauses = []

    def wait(stop, seconds):
        pauses.append(seconds)
        return True

    monkeypatch.setattr("shared.management.snapshot_run.wait", wait)
    backfill(*SHELVES, *AS_OF, *file(row("A"), row("B"), row("C")), "--rate", "0.001")
    between, at_the_end = pauses
    assert 1_000 < between <= 2_000
    assert at_the_end == 0


def test_pause_ends_when_told_to_stop():
    """At once, and so does one that hasn't begun."""
    stop = StopRequest()
    assert snapshot_reading.wait(stop, 0.01)
    stop.make()
    assert not snapshot_reading.wait(stop, 1_000)


def test_terminal_shows_a_bar(file, monkeypatch, capsys):
    """Lines about rows stand above it, and the result comes when it is gone."""
    terminal = type("Terminal", (StringIO,), {"isatty": lambda stream: True})
    monkeypatch.setattr("tests.snapshots.StringIO", terminal)
    ended = Ended("backfill", *SHELVES, *AS_OF, *file("x", row()))
    assert ended.lines == []
    assert "line 1: the line: is no JSON" in capsys.readouterr().err
    assert ended.output.splitlines()[-1].startswith("shelves: 2 rows, 1 unreadable")


def test_progress_without_a_terminal(file, monkeypatch, settings):
    """Now and then a line, for logs."""
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"BATCH_SIZE": 1}
    monkeypatch.setattr(snapshot_reading, "_INTERVAL", 0.0)
    ended = backfill(*SHELVES, *AS_OF, *file(row("A"), row("B")))
    assert ended.lines == ["33 of 66 read", "66 of 66 read"]


def test_empty_snapshot_is_no_success(file):
    """An export that went wrong looks like this."""
    assert backfill(*SHELVES, *AS_OF, *file()).status == 1


BAD = {
    "no room": (("nowhere", "--consumer", "shelves"), "There is no room"),
    "no consumer named": ((ROOM,), "--consumer is needed"),
    "no such consumer": ((ROOM, "--consumer", "toys"), "--consumer: 'toys'"),
    "no time": (SHELVES, "--as-of is needed"),
    "an empty time": ((*SHELVES, "--as-of", ""), "--as-of: '' is no time"),
    "a bad time": ((*SHELVES, "--as-of", "now"), "--as-of: 'now' is no time"),
    "a time without zone": ((*SHELVES, "--as-of", "2026-01-01T00:00:00"), "has no zone"),
    "a time to come": (
        (*SHELVES, "--as-of", "2999-01-01T00:00:00Z"),
        "--as-of: no file was made at 2999",
    ),
    "a time before all": ((*SHELVES, "--as-of", "0001-01-01T00:00:00Z"), "--as-of: no file"),
    "an empty consumer": ((ROOM, "--consumer", "", *AS_OF), "--consumer: ''"),
    "a bad rate": ((*SHELVES, *AS_OF, "--rate", "0"), "--rate: '0' is no number from 0.001"),
    "an endless rate": ((*SHELVES, *AS_OF, "--rate", "inf"), "--rate: 'inf'"),
    "a bad margin": ((*SHELVES, *AS_OF[:2], "--margin", "-1"), "--margin: '-1'"),
    "no number for a margin": ((*SHELVES, *AS_OF[:2], "--margin", "nan"), "--margin: 'nan'"),
    "bad examples": ((*SHELVES, *AS_OF, "--examples", "-1"), "--examples"),
    "two sources": ((*SHELVES, "--from-url", "http://localhost/"), "--from"),
}


@pytest.mark.parametrize(("arguments", "says"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("apply", [True, False])
def test_bad_option_is_named(file, arguments, says, apply):
    """In one line, and nothing is changed."""
    ended = Ended("backfill", *arguments, *file(row()), *(["--apply"] if apply else []))
    assert ended.status != 0
    assert says in ended.error
    assert (ended.output, "\n" in ended.error) == ("", False)
    assert is_untouched()


def test_room_without_snapshots(file):
    """As ``startconsumer`` makes it: no consumer can be named, so none is asked for."""
    with registered("tests.plain", replace(SHELVES_CONSUMER, name="plain", snapshot=None)):
        for arguments in (("tests.plain",), ("tests.plain", "--consumer", "plain")):
            ended = Ended("backfill", *arguments, *AS_OF, *file(row()))
            assert "No consumer of tests.plain has a snapshot. Hint: Declare" in ended.error


def test_no_source(library):
    """One of the two has to be named."""
    ended = Ended("backfill", *SHELVES)
    assert ended.status != 0
    assert "--from" in ended.error


def test_consumer_in_shadow_is_refused(file, settings):
    """Nothing may be written for it; to look at what would be is well."""
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"MODES": {"shelves": "shadow"}}
    source = file(row())
    ended = backfill(*SHELVES, *AS_OF, *source)
    assert (ended.status, "is in shadow" in ended.error) == (FATAL_STATUS, True)
    assert not Shelf.objects.exists()
    assert Ended("backfill", *SHELVES, *AS_OF, *source).status == 0


def test_json_is_one_document(file):
    """What went wrong with rows is on the other stream."""
    ended = Ended("backfill", *SHELVES, *AS_OF, *file("x", row()), "--json")
    assert json.loads(ended.output)["comparison"]["missing"] == 1
    assert ended.lines == ["line 1: the line: is no JSON"]
