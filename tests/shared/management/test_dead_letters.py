"""``dead_letters`` lists, shows, replays and drops; what it can't do is one line."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from shlex import split
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from shared.exceptions import TransientError
from shared.management import selecting
from shared.models import DeadLetter, Repair
from shared.pipeline import settle
from tests.library import DIRECT, book, settled, shelf
from tests.testapp.models import Book
from tests.testapp.room import ROOM

pytestmark = pytest.mark.django_db

SECRET = "Persuasion"


@pytest.fixture(autouse=True)
def _library(library):
    """The room, its shelf, and three of its books that died: two for one reason."""
    settled(library, shelf(), *(book(str(n), SECRET, price=-1, **DIRECT) for n in (1, 2)))
    settled(library, book("3", SECRET, code="nowhere", **DIRECT))
    DeadLetter.objects.filter(pk=ids()[1]).update(error="Another reason", event_type="other")


def ids() -> list[int]:
    """Return the ids of the dead letters."""
    return list(DeadLetter.objects.order_by("pk").values_list("pk", flat=True))


def printed(*arguments: object) -> str:
    """Run the command and return what it prints."""
    stream = StringIO()
    call_command("dead_letters", *map(str, arguments), stdout=stream)
    return stream.getvalue()


def as_json(*arguments: object) -> dict[str, Any]:
    """Run the command and return the one JSON document that it prints."""
    document: dict[str, Any] = json.loads(printed(*arguments, "--json"))
    return document


def status(*arguments: object) -> tuple[int, str]:
    """Run the command, which fails, and return its status and what it prints."""
    stream = StringIO()
    with pytest.raises((SystemExit, CommandError)) as raised:
        call_command("dead_letters", *map(str, arguments), stdout=stream)
    code = int(getattr(raised.value, "returncode", 0) or getattr(raised.value, "code", 0))
    return code, stream.getvalue() or str(raised.value)


def mend() -> None:
    """Let the dead books be what their destination takes."""
    from openedx_events.event_bus.avro.serializer import serialize_event_data_to_bytes

    from tests.testapp.events import BOOK_CHANGED, BookData

    data = {"book": BookData(code="A", isbn="1", title=SECRET, price=1)}
    value = serialize_event_data_to_bytes(data, BOOK_CHANGED)
    DeadLetter.objects.update(value=value, event_type=BOOK_CHANGED.event_type)


class TestList:
    """What is there, in few words, without what it holds."""

    def test_all(self):
        """The oldest first, with what is wrong."""
        document = as_json("list")
        assert document["matched"] == 2
        assert [row["id"] for row in document["dead_letters"]] == ids()
        assert document["dead_letters"][1]["error"] == "Another reason"

    def test_for_people(self):
        """A table, and how many there are beyond it."""
        text = printed("list", "--limit", 1)
        assert "1 of 2 dead letters." in text
        assert "Another reason" not in text

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            (["--room", ROOM], 2),
            (["--consumer", "books"], 2),
            (["--consumer", "shelves"], 0),
            (["--event-type", "other"], 1),
            (["--error", "another REASON"], 1),
            (["--since", "2020-01-01T00:00:00Z"], 2),
            (["--until", "2020-01-01T00:00:00Z"], 0),
        ],
    )
    def test_filters(self, options, expected):
        """By what is known of a letter without decoding it."""
        assert as_json("list", *options)["matched"] == expected

    def test_ids(self):
        """Several at once."""
        assert as_json("list", "--id", *ids())["matched"] == 2
        assert as_json("list", "--id", ids()[1])["matched"] == 1

    def test_filters_narrow_each_other(self):
        """What matches all of them is meant."""
        assert as_json("list", "--error", "Another", "--id", ids()[0])["matched"] == 0

    def test_no_value_is_shown(self):
        """Neither to people nor to programs."""
        assert SECRET not in printed("list") + printed("list", "--json")


class TestShow:
    """One letter: its headers and its reason, and what it holds only when that is asked for."""

    def test_headers_and_reason(self):
        """Nothing of the event's data."""
        document = as_json("show", ids()[0])
        assert "IntegrityError" in document["error"]
        assert "ce_id" in dict(document["headers"])
        assert "payload" not in document
        assert SECRET not in json.dumps(document) + printed("show", ids()[0])

    def test_payload_is_shown_and_that_is_logged(self, caplog):
        """With who looked, before it is shown; the log doesn't show it, too."""
        document = as_json("show", ids()[0], "--payload", "--actor", "ada")
        assert document["payload"]["data"]["book"]["title"] == SECRET
        (record,) = (each for each in caplog.records if each.action == "payload.shown")
        assert record.fields["actor"] == "ada"
        assert record.fields["id"] == ids()[0]
        assert SECRET not in caplog.text

    def test_payload_that_cannot_be_decoded(self):
        """Its bytes are, and why no more can be shown."""
        DeadLetter.objects.update(value=b"\x00\xff")
        payload = as_json("show", ids()[0], "--payload")["payload"]
        assert payload["value_base64"] == "AP8="
        assert payload["undecodable"].startswith("value: ")

    def test_nobody_looks(self, caplog):
        """An empty variable of a script is no name: nothing is shown."""
        code, text = status("show", ids()[0], "--payload", "--actor", "")
        assert (code, text.partition(".")[0]) == (3, "Fatal: The actor is empty or too long")
        assert "payload.shown" not in caplog.text

    def test_no_such_letter(self):
        """It is named."""
        code, text = status("show", 999_999)
        assert (code, text) == (3, "Fatal: There is no dead letter 999999. Hint: See list.")


class TestReplay:
    """A dry run unless --apply is said."""

    def test_dry_run(self):
        """Says what matches, group by group, and who couldn't take it; nothing changes."""
        document = as_json("replay")
        assert (document["applied"], document["matched"]) == (False, 2)
        refused = [group["refused"] for group in document["groups"]]
        assert refused == ["", "'books' no longer consumes 'other'"]
        text = printed("replay")
        assert "2 match. Nothing was changed; to do it, add --apply:\n" in text
        assert len(ids()) == 2

    def test_dry_run_ends_with_the_command_that_does_it(self):
        """With all that was said, quoted for a shell; the reason is left to say, if it wasn't."""
        said = ["replay", "--event-type", "other", "--error", "Another reason", "--id", ids()[1]]
        *_, command = printed(*said, "--actor", "ada").splitlines()
        assert command.strip() == (
            "manage.py dead_letters replay --event-type other --error 'Another reason' "
            f"--id {ids()[1]} --actor ada --apply --reason '…'"
        )
        *_, command = printed("prune", "--older-than", 1, "--reason", "no use").splitlines()
        assert command == "None match: nothing to do."
        DeadLetter.objects.update(buried_at=timezone.now() - timedelta(days=3))
        *_, command = printed("prune", "--older-than", 1, "--reason", "no use").splitlines()
        _, _, *arguments = split(command)
        assert arguments == ["prune", "--older-than", "1", "--apply", "--reason", "no use"]
        assert as_json(*arguments)["results"] == {"pruned": 2}

    def test_apply(self):
        """Status 0, and what became of each."""
        mend()
        first = ids()
        document = as_json("replay", "--apply", "--actor", "ada", "--reason", "mended")
        assert document["results"] == {"applied": 1, "unchanged": 1}
        assert (document["matched"], document["problem"]) == (2, "")
        assert [row["id"] for row in document["rows"]] == first
        assert Book.objects.get().title == SECRET
        assert {(each.actor, each.reason) for each in Repair.objects.all()} == {("ada", "mended")}

    def test_those_that_are_left_end_it_with_1(self):
        """Each with why it is still there."""
        code, text = status("replay", "--apply", "--json")
        assert code == 1
        assert json.loads(text)["results"] == {"refused": 1, "dead": 1}
        code, text = status("replay", "--apply")
        assert code == 1
        assert "1 refused: 'books' no longer consumes 'other'" in text

    def test_nothing_to_do_is_good(self):
        """Also for a program that asks every hour."""
        DeadLetter.objects.all().delete()
        assert as_json("replay", "--apply")["results"] == {}
        assert "None match: nothing to do." in printed("replay", "--apply")

    def test_who_replays_unless_said(self, monkeypatch):
        """The user of the operating system, or nobody that is known."""
        mend()
        monkeypatch.setattr(selecting, "getuser", lambda: "root")
        printed("replay", "--apply", "--id", ids()[0])
        assert Repair.objects.get().actor == "root"

        def nobody() -> str:
            raise KeyError("getpwuid(): uid not found: 1001")

        monkeypatch.setattr(selecting, "getuser", nobody)
        printed("replay", "--apply", "--id", ids()[0])
        assert Repair.objects.latest("pk").actor == "unknown"

    def test_failure_on_the_way(self, monkeypatch, settings):
        """It says how far it came and that it can be said again; status 1."""
        mend()
        settings.EVENT_SYNC = {**settings.EVENT_SYNC, "BATCH_SIZE": 1}
        fail_after(monkeypatch, 1, TransientError("The database failed."))
        stream = StringIO()
        with pytest.raises(CommandError, match=r"Stopped after 1 of 2: The database.*say it again"):
            call_command("dead_letters", "replay", "--apply", "--json", stdout=stream)
        assert json.loads(stream.getvalue())["problem"] == "The database failed."
        assert len(ids()) == 1
        monkeypatch.undo()
        assert as_json("replay", "--apply")["matched"] == 1
        assert ids() == []

    def test_database_that_goes_between_two_batches(self, monkeypatch):
        """The same: it says how far it came, in the one document, with status 1."""
        mend()

        def one_batch(letters: Any) -> Iterator[list[int]]:
            yield ids()[:1]
            raise OperationalError("server closed the connection")

        monkeypatch.setattr("shared.replay.batches", one_batch)
        code, text = status("replay", "--apply", "--json")
        assert code == 1
        document = json.loads(text)
        assert (document["results"], len(ids())) == ({"applied": 1}, 1)
        assert document["problem"].startswith("The database failed")

    def test_destination_that_cannot_work(self, settings):
        """Fatal, dry or not: a person has to mend the settings first."""
        mend()
        settings.EVENT_SYNC = {**settings.EVENT_SYNC, "DESTINATIONS": {}}
        for more in ([], ["--apply"]):
            code, text = status("replay", *more, "--json")
            assert code == 3
        assert "'books' has no destination." in json.loads(text)["problem"]
        assert len(ids()) == 2

    def test_interruption(self, monkeypatch, settings):
        """What was replayed stays so; the rest can be replayed by the same command."""
        mend()
        settings.EVENT_SYNC = {**settings.EVENT_SYNC, "BATCH_SIZE": 1}
        fail_after(monkeypatch, 1, KeyboardInterrupt())
        code, _ = status("replay", "--apply")
        assert code == 130
        assert len(ids()) == 1
        monkeypatch.undo()
        printed("replay", "--apply")
        assert ids() == []


def fail_after(monkeypatch: pytest.MonkeyPatch, times: int, error: BaseException) -> None:
    """Let a replay fail after so many batches."""
    calls = iter(range(times))

    def settle_or_fail(*args: Any, **kwargs: Any) -> Any:
        if next(calls, None) is None:
            raise error
        return settle(*args, **kwargs)

    monkeypatch.setattr("shared.replay.settle", settle_or_fail)


class TestDiscard:
    """What nobody needs is dropped for good, and accounted for."""

    def test_dry_run(self):
        """Nothing is dropped."""
        assert as_json("discard", "--error", "Another", "--reason", "x")["matched"] == 1
        assert len(ids()) == 2

    def test_apply(self):
        """The letter goes, the reason stays."""
        gone = DeadLetter.objects.latest("pk")
        document = as_json("discard", "--error", "Another", "--reason", "a test", "--apply")
        assert document["results"] == {"discarded": 1}
        assert gone.pk not in ids()
        repair = Repair.objects.get()
        assert (repair.action, repair.result, repair.reason) == ("discard", "discarded", "a test")
        assert (repair.place, repair.error) == (gone.message.place, "Another reason")

    @pytest.mark.parametrize("reason", ["", "  "])
    def test_without_reason(self, reason):
        """Refused, dry or not."""
        for more in ([], ["--apply"]):
            code, text = status("discard", "--error", "Another", f"--reason={reason}", *more)
            assert (code, text) == (
                3,
                "Fatal: A reason is missing. Hint: Say why, for those who ask later.",
            )
        assert len(ids()) == 2

    def test_all_at_once(self):
        """Refused: a filter that was forgotten would drop everything."""
        code, text = status("discard", "--reason", "x", "--apply")
        assert (code, len(ids())) == (3, 2)
        assert "discard doesn't take all." in text


class TestPrune:
    """What has been kept for long enough goes, by age."""

    def test_only_what_is_old(self):
        """The rest stays."""
        old = ids()[0]
        DeadLetter.objects.filter(pk=old).update(buried_at=timezone.now() - timedelta(days=31))
        assert as_json("prune", "--older-than", 30)["matched"] == 1
        assert as_json("prune", "--older-than", 30, "--apply")["results"] == {"pruned": 1}
        assert old not in ids()
        repair = Repair.objects.get()
        assert (repair.action, repair.reason) == ("prune", "Older than 30 days.")

    def test_age_that_reaches_before_all_time(self):
        """No date is so old; that is said."""
        code, text = status("prune", "--older-than", 999_999_999)
        assert code == 3
        assert "--older-than" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--room", "tests.testap"], "--room: there is no 'tests.testap'. Hint: Did you mean"),
        (["--consumer", "book"], "--consumer: there is no 'book'. Hint: Did you mean 'books'?"),
        (["--event-type", "zzz"], "--event-type: there is no 'zzz'. Hint: Known: "),
        (["--room", ""], "--room is empty."),
        (["--error", " "], "--error is empty."),
        (["--since", "yesterday"], "--since: 'yesterday' is no time. Hint: Write it as in"),
        (["--until", "2026-01-31T12:00:00"], "--until: The time '2026-01-31T12:00:00' has no zone"),
        (
            ["--since", "2026-02-01T00:00:00Z", "--until", "2026-01-01T00:00:00Z"],
            "--since: it is not before until.",
        ),
        (["--id", "999999"], "--id: 1 of 1 aren't there (any more): 999999."),
        (["--id", "9999999999999999999"], "--id: no row has the id 9999999999999999999."),
        (["--id", "0"], "--id: no row has the id 0."),
        (["--id", "x"], "argument --id: 'x' is no id; list shows them"),
        (["--id", "-1"], "--id"),
        (["--actor", ""], "The actor is empty or too long."),
        (["--actor", "x" * 151], "The actor is empty or too long."),
        (["--reason", "x" * 1001], "The reason can't be kept."),
    ],
)
def test_bad_input(arguments, said):
    """One line that names the option, a status other than 0, and nothing is changed."""
    before = list(DeadLetter.objects.order_by("pk").values())
    code, text = status("replay", "--apply", *arguments)
    assert code != 0
    assert said in text
    assert "\n" not in text.strip()
    assert list(DeadLetter.objects.order_by("pk").values()) == before
    assert not Repair.objects.exists()


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1.5", "9999999999", "²"])
def test_bad_limit(limit):
    """A whole number above 0."""
    assert "--limit" in status("list", "--limit", limit)[1]


@pytest.mark.parametrize("pk", ["0", "12345678901", str(2**63 - 1), str(2**63)])
def test_id_that_no_row_has(pk):
    """However long it is, it is an id."""
    assert status("show", pk) == (3, f"Fatal: There is no dead letter {pk}. Hint: See list.")


def test_database_is_away(monkeypatch, locked: Callable[[], Exception]):
    """One line, whatever the verb."""

    def fail(*_: object) -> Iterator[None]:
        raise locked()

    monkeypatch.setattr("shared.selection.Selection.letters", fail)
    for verb in ("list", "replay"):
        code, text = status(verb)
        assert code == 3
        assert re.fullmatch(r"Fatal: The database failed: .*\.", text)


def test_nothing_of_an_event_is_logged(caplog, django_capture_on_commit_callbacks):
    """Whatever is done with it."""
    caplog.set_level(logging.DEBUG)
    with django_capture_on_commit_callbacks(execute=True):
        status("replay", "--apply")
        printed("discard", "--room", ROOM, "--reason", "x", "--apply")
    assert caplog.text.count("event.repaired") == 3
    assert SECRET not in caplog.text
