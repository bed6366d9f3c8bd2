"""``shadow_report`` says in numbers how far the host holds what the events say."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DataError, InterfaceError

from credentials_grades_sync.standalone.models import UserGrade
from enterprise_license_sync.records import LicenseRecord
from shared import comparison, registry
from shared.batches import Undecodable
from shared.exceptions import ConfigurationError, TransientError
from shared.management.commands import shadow_report
from shared.models import ShadowFailure, ShadowRecord
from shared.outcomes import Outcome
from shared.records import PositionedRecord, layout_of
from shared.supervisor import FATAL_STATUS
from tests.discovery_course_run_sync.events import created, published
from tests.grades import ROOM as GRADES
from tests.grades import Grade
from tests.library import NOW, book, settled, shelf
from tests.shadows import kept
from tests.shared import test_hosts
from tests.testapp.models import Book, Shelf
from tests.testapp.room import ROOM, write_shelves

pytestmark = pytest.mark.django_db

AHEAD = NOW + timedelta(days=1)
ALL = ("shelves", "books", "user-grades", "course-runs")


@pytest.fixture(autouse=True)
def _in_shadow(library, settings):
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"MODES": dict.fromkeys(ALL, "shadow")}


def report(*options: str, room: str = ROOM, status: int = 0) -> dict[str, Any]:
    """Return the JSON that the command prints, once it has ended with this status."""
    printed: dict[str, Any] = json.loads(output("--json", *options, room=room, status=status))
    assert printed["room"] == room
    assert printed["agrees"] == (status == 0)
    return printed


def output(*options: str, room: str = ROOM, status: int = 0) -> str:
    """Return what the command prints, once it has ended with this status."""
    stream = StringIO()
    ends = pytest.raises(SystemExit, match=f"^{status}$") if status else nullcontext()
    with ends:
        call_command("shadow_report", room, *options, stdout=stream)
    return stream.getvalue()


def counts(printed: dict[str, Any], consumer: str) -> dict[str, int]:
    """Return the counts of a consumer that aren't 0."""
    (found,) = [each for each in printed["consumers"] if each["consumer"] == consumer]
    return {k: v for k, v in found.items() if isinstance(v, int) and v}


def both(library, *events) -> None:
    """Let the host hold, and the shadow keep, what events say."""
    settled(library, *events)
    kept(library, *events)


def test_all_agrees(library):
    """Every record is counted as one that agrees, and the command ends with 0."""
    both(library, shelf(), book(), book("2"))
    printed = report()
    assert counts(printed, "shelves") == {"records": 1, "agree": 1}
    assert counts(printed, "books") == {"records": 2, "agree": 2}
    assert "is what the host holds" in output()


def test_field_that_differs_is_named(library):
    """By field, with the record counted once; the keys and both values are shown."""
    both(library, shelf(), book(title="Emma", price=1), book("2"))
    Book.objects.filter(isbn="1").update(title="emma", price=2)
    printed = report(status=1)
    assert counts(printed, "books") == {"records": 2, "agree": 1, "differ": 1}
    (books,) = [each for each in printed["consumers"] if each["consumer"] == "books"]
    assert books["fields"] == {"title": 1, "price": 1}
    assert books["examples"] == [
        {"what": "title", "key": "1", "event": "'Emma'", "host": "'emma'"},
        {"what": "price", "key": "1", "event": "1", "host": "2"},
    ]


def test_missing_row(library):
    """A record without a row is missing, a parent's child too."""
    both(library, shelf())
    kept(library, book(code="A"), shelf("B"))
    printed = report(status=1)
    assert counts(printed, "shelves") == {"records": 2, "agree": 1, "missing": 1}
    assert counts(printed, "books") == {"records": 1, "missing": 1}
    assert {"what": "missing", "key": "1"} in printed["consumers"][1]["examples"]


def test_event_that_became_no_record(library):
    """Live it would be a dead letter: counted, with its place and what is wrong."""
    both(library, shelf())
    ahead = shelf(time=NOW + timedelta(days=1))
    kept(library, ahead)
    printed = report(status=1)
    assert counts(printed, "shelves") == {"records": 1, "agree": 1, "unmappable": 1}
    (example,) = printed["consumers"][0]["examples"]
    assert example["place"] == ahead.message.place
    assert "ce_time" in example["error"]


def test_message_that_became_no_event(library):
    """It went to no consumer, so the report has it for the room."""
    both(library, shelf())
    kept(library, Undecodable(shelf().message, "x"))
    assert report(status=1)["undecodable"] == 1


@pytest.mark.parametrize("since", [[], ["--since=2100-01-01T00:00:00Z"]])
def test_flood_of_failures(library, monkeypatch, since):
    """Where no more failures are kept there may be others, and the report doesn't say all's well.

    Also of a time since which none was seen: newer ones weren't kept.
    """
    monkeypatch.setattr(ShadowFailure, "MOST", 1)
    later = {"now": NOW + timedelta(days=40_000)}
    ahead = [shelf(code, time=NOW + timedelta(days=1)) for code in "AB"]
    kept(library, *ahead, Undecodable(shelf().message, "x"))
    settled(library, shelf())
    kept(library, shelf(), **later)
    printed = report(*since, status=1)
    assert printed["has_more_undecodable"]
    assert [each["has_more_unmappable"] for each in printed["consumers"]] == [True, False]
    assert "Only the first" in output(*since, status=1)
    ShadowFailure.objects.filter(consumer="").delete()
    assert not report(*since, status=1)["has_more_undecodable"]


def test_record_of_an_older_version(library):
    """What this version of the room can't read is said, and keeps the others from nothing."""
    both(library, shelf(), shelf("B"))
    rows = ShadowRecord.objects.filter(sync_key="shelves|b")
    rows.update(record='{"record": "tests.nowhere:Gone", "values": {}}')
    assert counts(report(status=1), "shelves") == {"records": 2, "agree": 1, "outdated": 1}


def test_nothing_kept_is_no_agreement(library):
    """A shadow that never ran proves nothing."""
    assert report(status=1)["problem"] == "Nothing was compared: has the room's shadow run?"


@pytest.mark.parametrize("arrival", [Undecodable(shelf().message, "x"), shelf(time=AHEAD)])
def test_nothing_became_a_record(library, arrival):
    """The shadow has run, so that isn't asked."""
    kept(library, arrival)
    assert report(status=1)["problem"] == "Nothing was compared: no event became a record."


def test_nothing_can_be_read(library, settings):
    """The reason is the destination, and not that the shadow hasn't run."""
    destinations = settings.EVENT_SYNC["DESTINATIONS"] | {"shelves": f"{__name__}.write_only"}
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"DESTINATIONS": destinations}
    kept(library, shelf())
    printed = report("--consumer=shelves", status=1)
    assert printed["problem"] == (
        f"Nothing was compared: shelves: {__name__}.write_only has no method held(records): "
        "it can't be read."
    )


def test_time_of_a_change_is_not_compared():
    """The host may have the same grade from another event, or from before the bus."""
    room = registry.get_room(GRADES)
    kept(room, Grade(percent=70).event())
    settled(room, Grade(percent=70, second=9).event())
    UserGrade.objects.update(username="learner-1-0")
    assert report(room=GRADES)["consumers"][0]["agree"] == 1


def test_field_that_no_event_knew_is_not_compared():
    """A summary knows no username: whatever the host has is right."""
    room = registry.get_room(GRADES)
    settled(room, Grade(percent=70).event())
    kept(room, Grade(percent=70, is_summary=True).event())
    assert report(room=GRADES)["consumers"][0]["agree"] == 1


def test_event_that_only_creates_asks_for_the_row_alone(library):
    """It says nothing of the row's values."""
    room = registry.get_room("discovery_course_run_sync")
    kept(room, created(1))
    assert counts(report(room=room.name, status=1), "course-runs")["missing"] == 1
    settled(room, published(1))
    assert counts(report(room=room.name), "course-runs") == {"records": 1, "agree": 1}


def test_personal_data_are_not_shown():
    """That a username differs is said, and neither of the two."""
    room = registry.get_room(GRADES)
    both(room, Grade(percent=70).event())
    UserGrade.objects.update(username="somebody", letter_grade="Fail")
    printed = report(room=GRADES, status=1)
    assert printed["consumers"][0]["fields"] == {"letter_grade": 1, "username": 1}
    for shown in (json.dumps(printed), output(room=GRADES, status=1)):
        assert "somebody" not in shown
        assert "learner-1" not in shown
        assert "Fail" in shown


def test_personal_fields_of_the_rooms():
    """Records say which of their fields hold personal data beside the keys."""
    names: dict[str, Any] = dict.fromkeys(LicenseRecord.__dataclass_fields__)
    assert layout_of(LicenseRecord(**names)).personal == {"lms_user_id", "user_email"}


def test_examples_are_limited_for_each_kind(library):
    """A field that differs everywhere leaves room for the others."""
    both(library, shelf(), *(book(str(number)) for number in range(9)))
    Book.objects.update(price=7)
    Book.objects.filter(isbn="8").update(title="Persuasion")
    kept(library, *(shelf(code) for code in "BCD"))
    printed = report("--examples=2", status=1)
    shelves, books = ([each["what"] for each in c["examples"]] for c in printed["consumers"])
    assert (shelves, books) == (["missing"] * 2, ["price", "price", "title"])
    assert printed["consumers"][1]["fields"] == {"price": 9, "title": 1}


def test_one_consumer(library):
    """The others aren't looked at."""
    both(library, shelf())
    kept(library, book())
    assert [c["consumer"] for c in report("--consumer=shelves")["consumers"]] == ["shelves"]


def test_consumer_without_events(library):
    """It keeps the others from nothing, and is named: it may be one that nobody publishes for."""
    both(library, shelf())
    assert counts(report(), "books") == {}
    printed = output()
    assert "books: nothing to compare: no event has told of a row.\n" in printed
    assert "shelves: nothing" not in printed


def test_since(library):
    """What was seen before a time is left out, failures too."""
    kept(library, shelf("old"), shelf(time=NOW + timedelta(days=1)))
    kept(library, shelf("new"), now=NOW + timedelta(hours=1))
    Shelf.objects.create(code="new", label="novels", sync_key="new")
    since = (NOW + timedelta(minutes=1)).isoformat()
    assert counts(report(f"--since={since}"), "shelves") == {"records": 1, "agree": 1}
    assert counts(report(status=1), "shelves")["missing"] == 1


def test_chunks(library, monkeypatch, capsys):
    """However many records there are, each is compared once; how far it is, is said."""
    monkeypatch.setattr(comparison, "_CHUNK", 2)
    monkeypatch.setattr(shadow_report, "_INTERVAL", 0.0)
    both(library, *(shelf(f"{number}") for number in range(5)))
    assert counts(report(), "shelves") == {"records": 5, "agree": 5}
    assert "shelves: 4 of 5 compared\nshelves: 5 of 5 compared" in capsys.readouterr().err


def test_destination_that_cannot_be_read(library, settings):
    """It is named, and nothing is taken to agree."""
    destinations = settings.EVENT_SYNC["DESTINATIONS"] | {"shelves": f"{__name__}.write_only"}
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"DESTINATIONS": destinations}
    both(library, shelf(), book())
    printed = report(status=1)
    assert printed["consumers"][0]["unreadable"].startswith(f"{__name__}.write_only has no method")
    assert counts(printed, "shelves") == {}
    assert counts(printed, "books") == {"records": 1, "agree": 1}
    assert "shelves: NOT COMPARED" in output(status=1)


def write_only(records: Sequence[PositionedRecord[Any]]) -> Any:
    """Write shelves, as a squad's plain function does."""
    return write_shelves(records)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "There is no room named 'nowhere'"),
        (["enterprise_license_sync"], "has no shadow consumer"),
        ([ROOM, "--consumer=user-grades"], "'user-grades' is no consumer of tests.testapp in sh"),
        ([ROOM, "--since=now"], "'now' is no time. Hint: Write it as in 2026-01-31T12:00:00Z"),
        ([ROOM, "--since=2026-01-31"], "'2026-01-31' has no zone"),
        ([ROOM, "--since=9999-12-31T23:59:59-14:00"], "-14:00' is no time"),
        ([ROOM, "--since="], "'' is no time"),
    ],
)
def test_errors(arguments: list[str], said: str) -> None:
    """One line, and a status that is neither agreement nor its lack."""
    said_once(arguments, said)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"BATCHSIZE": 5}, r"EVENT_SYNC\['BATCHSIZE'\] is not a setting"),
        ({"MODES": {"book": "shadow", "books": "shadow"}}, "'book', which is no installed"),
        ({"DESTINATIONS": {}}, "Consumer 'shelves' has no destination"),
    ],
)
def test_wrong_settings(settings, wrong: dict[str, Any], said: str) -> None:
    """They are an error like all others, though Django would end with 1 for its checks."""
    settings.EVENT_SYNC = settings.EVENT_SYNC | wrong
    assert shadow_report.Command.requires_system_checks == ()  # here none are run in any case
    said_once([ROOM], said)


def test_host_that_lacks_something(library, settings, monkeypatch) -> None:
    """What the system check says is the report's error, and the host isn't asked."""

    def read(records: object, options: object) -> list[Any]:
        raise AssertionError("the host was asked")

    monkeypatch.setattr(test_hosts, "LOST", replace(test_hosts.LOST, read=read))
    destinations = settings.EVENT_SYNC["DESTINATIONS"] | {"shelves": "tests.shared.test_hosts.LOST"}
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"DESTINATIONS": destinations}
    kept(library, shelf())
    said_once([ROOM], "relies on the library's")


def said_once(arguments: list[str], said: str) -> None:
    """Assert that the command ends with one line, and the status of what can't be told."""
    with pytest.raises(CommandError, match=f"^Fatal: .*{said}") as raised:
        call_command("shadow_report", *arguments)
    assert raised.value.returncode == FATAL_STATUS
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("held", [lambda records: [], lambda records: [{}, *({} for _ in records)]])
def test_destination_that_does_not_answer_for_each(
    library, monkeypatch, held: Callable[..., Any]
) -> None:
    """A wrong pairing would compare one row with another."""
    both(library, shelf())
    monkeypatch.setattr(write_shelves, "held", held)
    with pytest.raises(CommandError, match="The destination of shelves told of"):
        call_command("shadow_report", ROOM)


@pytest.mark.parametrize("number", ["-1", "all", "1000000"])
def test_number_of_examples(number: str) -> None:
    """It is a whole number, or an error of the command's usage."""
    with pytest.raises(CommandError, match=rf"--examples: '{number}' is no whole number"):
        call_command("shadow_report", ROOM, f"--examples={number}")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (InterfaceError("gone"), "The database failed: .*InterfaceError"),
        (DataError("x"), "The database refused a query: .*DataError"),
        (TransientError("The cache is away."), "The cache is away"),
        (KeyError("secret"), "The destination of shelves can't be read: KeyError, raised at test"),
    ],
)
def test_host_that_cannot_be_asked(library, monkeypatch, error: Exception, said: str) -> None:
    """That nothing can be told is no lack of agreement, and has a status of its own."""

    def fail(records: object) -> None:
        raise error

    both(library, shelf())
    monkeypatch.setattr(write_shelves, "held", fail)
    with pytest.raises(CommandError, match=f"^Fatal: {said}") as raised:
        call_command("shadow_report", ROOM)
    assert raised.value.returncode == FATAL_STATUS


def test_row_that_is_not_wanted(library, monkeypatch):
    """What the destination's options leave out is no lack, and is told apart from it."""
    both(library, shelf("A"), shelf("B"))
    held = write_shelves.held

    def held_but_one(records: Sequence[Any]) -> Any:
        return [held(records)[0], Outcome.FILTERED]

    monkeypatch.setattr(write_shelves, "held", held_but_one)
    assert counts(report(), "shelves") == {"records": 2, "agree": 1, "unwanted": 1}


def test_configuration_error_of_a_host_is_said(library, monkeypatch):
    """What keeps a host from being read is the command's error."""
    both(library, shelf())

    def fail(records: object) -> None:
        raise ConfigurationError("No site.", hint="Name one.")

    monkeypatch.setattr(write_shelves, "held", fail)
    with pytest.raises(CommandError, match=r"Fatal: No site\. Hint: Name one\."):
        call_command("shadow_report", ROOM)
