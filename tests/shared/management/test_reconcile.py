"""``reconcile`` says how far host and source agree, and repairs by the way of all events."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.models import OutcomeCount, ParkedEvent
from shared.supervisor import FATAL_STATUS
from tests.library import NOW, book, settled, shelf
from tests.snapshots import Ended, backfill, reconcile, written
from tests.testapp import room as testapp
from tests.testapp.models import Shelf
from tests.testapp.room import ROOM

pytestmark = pytest.mark.django_db

TAKEN_AT = NOW - timedelta(minutes=10)
BEFORE = NOW - timedelta(hours=1)
SHELVES = (ROOM, "--consumer", "shelves", "--as-of", TAKEN_AT.isoformat(), "--margin", "0")
BOOKS = (ROOM, "--consumer", "books")
REPAIR = ("--repair", "--apply")


def row(code="A", label="novels"):
    """Return a shelf as its source has it."""
    return {"code": code, "label": label}


def old(code="A", label="novels"):
    """Return an event of a shelf from before the snapshot."""
    return shelf(code, label, time=BEFORE)


@pytest.fixture
def file(library, tmp_path):
    """Return what writes rows into a file."""

    def write(*rows):
        return "--from", written(tmp_path / "rows.jsonl", rows)

    return write


def counts(ended):
    """Return the numbers of the comparison that aren't 0."""
    return {k: n for k, n in ended.json["comparison"].items() if isinstance(n, int) and n}


def test_all_agrees(library, file):
    """That alone ends with 0."""
    settled(library, old("A"), old("B"))
    ended = reconcile(*SHELVES, *file(row("A"), row("B")))
    assert (ended.status, counts(ended)) == (0, {"records": 2, "agree": 2})


def test_what_is_missing_or_differs_is_counted(library, file):
    """By field, with examples; nothing is changed."""
    settled(library, old("A"), old("B"))
    before, counted = list(Shelf.objects.values()), OutcomeCount.objects.count()
    ended = reconcile(*SHELVES, *file(row("A"), row("B", "poems"), row("C")))
    assert ended.status == 1
    assert counts(ended) == {"records": 3, "agree": 1, "differ": 1, "missing": 1}
    assert ended.json["comparison"]["fields"] == {"label": 1}
    assert ended.json["comparison"]["examples"] == [
        {"what": "label", "key": "B", "event": "'poems'", "host": "'novels'"},
        {"what": "missing", "key": "C"},
    ]
    assert (list(Shelf.objects.values()), OutcomeCount.objects.count()) == (before, counted)


def test_rows_that_only_the_host_has(library, file):
    """Counted where the source is said to be complete; they are nobody's to delete here."""
    settled(library, old("A"), old("B"), shelf("LATER", time=TAKEN_AT))
    source = file(row("A"))
    assert reconcile(*SHELVES, *source).json["comparison"]["extra"] is None
    ended = reconcile(*SHELVES, *source, "--complete")
    assert (ended.status, counts(ended)["extra"]) == (1, 1)
    assert ended.json["comparison"]["examples"] == [{"what": "extra", "key": "b"}]
    ended = reconcile(*SHELVES, *source, "--complete", *REPAIR)
    assert (ended.status, Shelf.objects.count()) == (1, 3)


def test_row_that_is_filtered_is_not_extra(library, file):
    """And one that isn't wanted is no difference, also where it was wanted before."""
    settled(library, old(), book("1", "Emma", time=BEFORE))
    row_of_book = {
        "code": "A",
        "isbn": "1",
        "title": "unwanted",
        "price": 1,
        "modified": BEFORE.isoformat(),
    }
    ended = reconcile(*BOOKS, *file(row_of_book), "--complete", "--as-of", TAKEN_AT.isoformat())
    assert (ended.status, counts(ended)) == (0, {"records": 1, "unwanted": 1})


def test_repair_sends_what_differs(library, file):
    """And nothing else; afterwards all agrees."""
    settled(library, old("A"), old("B"))
    source = file(row("A"), row("B", "poems"), row("C"))
    OutcomeCount.objects.all().delete()
    ended = reconcile(*SHELVES, *source, *REPAIR)
    assert (ended.status, ended.json["outcomes"]) == (0, {"applied": 2})
    assert OutcomeCount.objects.get(consumer="shelves").applied == 2
    assert reconcile(*SHELVES, *source).status == 0


def test_repair_alone_is_a_dry_run(library, file):
    """It says how to go on."""
    source = file(row())
    ended = Ended("reconcile", *SHELVES, *source, "--repair")
    assert (ended.status, "add --apply" in ended.output) == (1, True)
    assert not Shelf.objects.exists()


def test_repair_leaves_what_is_newer(library, file):
    """A live event from after the snapshot has the last word."""
    settled(library, shelf(label="poems", time=TAKEN_AT + timedelta(seconds=1)))
    ended = reconcile(*SHELVES, *file(row()), *REPAIR)
    assert (ended.status, ended.json["outcomes"]) == (0, {"stale": 1})
    assert Shelf.objects.get().label == "poems"


def test_repair_that_is_not_wholly_one(library, file):
    """What waits for another row, or is refused, is told by the status."""
    settled(library, old())
    book = {"code": "B", "isbn": "1", "title": "Emma", "price": 1, "modified": BEFORE.isoformat()}
    ended = reconcile(*BOOKS, *file(book), *REPAIR)
    assert (ended.status, ended.json["waiting"]) == (1, 1)
    ParkedEvent.objects.all().delete()
    ended = reconcile(*BOOKS, *file(book | {"code": "A", "price": -1}), *REPAIR)
    assert (ended.status, ended.json["outcomes"]) == (1, {"dead": 1})
    assert ended.lines[-1].startswith("line 1: ")


def test_bad_row_is_no_agreement(library, file):
    """Nobody knows what it would have said, nor which row of the host is its."""
    settled(library, old("A"), old("B"))
    ended = reconcile(*SHELVES, *file(row("A"), {"code": "B"}), "--complete")
    assert (ended.status, ended.lines) == (1, ["line 2: label: is not there"])
    assert ended.json["comparison"]["extra"] is None


def test_nothing_is_no_agreement(file):
    """An export that went wrong proves nothing."""
    assert reconcile(*SHELVES, *file()).status == 1


def test_consumer_in_shadow_is_compared(library, file, settings):
    """Its host is there to be read; only a repair is refused."""
    settled(library, old())
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"MODES": {"shelves": "shadow"}}
    source = file(row())
    assert reconcile(*SHELVES, *source).status == 0
    assert "is in shadow" in reconcile(*SHELVES, *source, *REPAIR).error


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--apply",), "--apply alone does nothing"),
        (("--complete",), "--as-of is needed with --complete"),
    ],
)
def test_option_that_lacks_another_is_named(file, arguments, says):
    """In one line, and nothing is read."""
    book = {"code": "B", "isbn": "1", "title": "Emma", "price": 1, "modified": BEFORE.isoformat()}
    ended = reconcile(*BOOKS, *file(book), *arguments)
    assert (ended.status, says in ended.error) == (FATAL_STATUS, True)


def test_destination_that_cannot_be_read(file, monkeypatch):
    """It is named; so is one that can't list its rows, where that is asked for."""
    source = file(row())
    monkeypatch.setattr(testapp, "write_shelves", lambda records: [])
    assert "has no method held(records)" in reconcile(*SHELVES, *source).error

    class Readable:
        def __call__(self, records):
            return []

        def held(self, records):
            return [None for _ in records]

    monkeypatch.setattr(testapp, "write_shelves", Readable())
    assert reconcile(*SHELVES, *source).status == 1
    assert "--complete: the destination of shelves" in (
        reconcile(*SHELVES, *source, "--complete").error
    )


def test_backfill_makes_it_agree(file):
    """The two read the same rows alike."""
    source = file(row("A"), row("B"))
    assert backfill(*SHELVES, *source).status == 0
    assert reconcile(*SHELVES, *source, "--complete").status == 0


def test_row_that_somebody_changed_after_its_event_is_not_repaired(file):
    """The guard keeps it, for the event is no newer; that is said, and is no success."""
    source = file(row("A"), row("B"))
    assert reconcile(*SHELVES, *source, *REPAIR).status == 0
    Shelf.objects.filter(code="B").update(label="poems")
    ended = reconcile(*SHELVES, *source, *REPAIR)
    assert (ended.status, ended.json["outcomes"]) == (1, {"unchanged": 1})
    (line,) = ended.lines
    assert line.startswith("line 2: still differs: its row has followed this very event")
