"""``retire_learners`` forgets whom it is told of, says how much, and never whom."""

from __future__ import annotations

import io
import json
import logging

import pytest
from django.db import OperationalError

from shared.exceptions import TransientError
from shared.models import DeadLetter, RetiredLearner
from shared.testing import registered
from tests.library import DIRECT, book, outcomes, settled, shelf
from tests.readers import READERS
from tests.snapshots import Ended
from tests.testapp.models import Book
from tests.testapp.room import ROOM, SHELVES

pytestmark = pytest.mark.django_db

NAME, EMAIL, NUMBER = "persuasion", "secret@example.com", "471147114711"
ALL = ("--username", NAME, "--email", EMAIL, "--lms-user-id", NUMBER)


@pytest.fixture(autouse=True)
def room():
    """The tests' room, whose books name learners: one has a row, two have a dead letter."""
    with registered(ROOM, SHELVES, READERS) as room:
        settled(room, shelf(), book("1", NAME), book("2", "Emma"))
        settled(room, *(book(n, t, price=-1, **DIRECT) for n, t in (("3", NAME), ("4", "Emma"))))
        yield room


def retired(*arguments: str, json_too: bool = True) -> Ended:
    """Run the command for real."""
    return Ended("retire_learners", *arguments, "--apply", *(["--json"] if json_too else []))


def lines(*rows: object) -> str:
    """Return a file's text."""
    return "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)


def stdin(monkeypatch: pytest.MonkeyPatch, text: str | bytes) -> None:
    """Let this be standard input."""
    data = text if isinstance(text, bytes) else text.encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def titles() -> list[str]:
    """Return the titles of the rows."""
    return list(Book.objects.order_by("isbn").values_list("title", flat=True))


def is_unchanged() -> bool:
    """Return whether nothing was done."""
    return titles() == [NAME, "Emma"] and not RetiredLearner.objects.exists()


class TestRetires:
    """One learner, or many."""

    def test_one(self, room):
        """By options; what comes later is blocked."""
        ended = retired(*ALL)
        assert ended.status == 0
        found = {kind: count for kind, count in ended.json["found"].items() if count}
        assert found == {"dead letters": 1, "rows of books": 1}
        assert titles() == ["", "Emma"]
        assert RetiredLearner.objects.count() == 3
        assert outcomes(settled(room, book("5", NAME))) == ["filtered"]

    def test_many_from_standard_input(self, monkeypatch):
        """So that they are in no shell's history."""
        stdin(monkeypatch, lines({"username": NAME, "email": None}, "", {"username": "Emma"}))
        ended = retired("--from", "-")
        assert (ended.status, ended.json["learners"]) == (0, 2)
        assert titles() == ["", ""]
        assert not DeadLetter.objects.exists()

    def test_from_a_file(self, tmp_path):
        """A number may be written as a text."""
        path = tmp_path / "learners"
        path.write_text(lines({"username": NAME, "lms_user_id": NUMBER}, {"lms_user_id": 7}))
        ended = retired("--from", str(path))
        assert (ended.status, ended.json["learners"]) == (0, 2)
        assert ended.json["incomplete"] == [
            "1 without username: what is kept by that alone is not found.",
            "2 without email: what is kept by that alone is not found.",
        ]

    def test_dry_run(self):
        """Says the same, and changes nothing."""
        ended = Ended("retire_learners", *ALL, "--json")
        assert (ended.status, ended.json["applied"]) == (0, False)
        assert ended.json["found"]["rows of books"] == 1
        assert is_unchanged()
        assert DeadLetter.objects.count() == 2
        assert "--apply" in Ended("retire_learners", *ALL).output

    def test_again(self):
        """Finds nothing, and is good."""
        retired(*ALL)
        ended = retired(*ALL)
        assert (ended.status, sum(ended.json["found"].values())) == (0, 0)


class TestWhatCannotBeRead:
    """It may be the learner's."""

    @pytest.fixture(autouse=True)
    def _unreadable(self):
        DeadLetter.objects.filter(consumer="books").update(value=b"\xff")

    def test_is_said(self):
        """With a status of its own and the remedy; the rest is done."""
        ended = retired(*ALL, json_too=False)
        assert ended.status == 1
        assert "2 can't be read" in ended.output
        assert "1 retired" in ended.output
        assert "--drop-unreadable" in ended.output
        assert titles() == ["", "Emma"]
        assert DeadLetter.objects.count() == 2

    def test_is_dropped_on_demand(self):
        """Others' among it."""
        ended = retired(*ALL, "--drop-unreadable")
        assert (ended.status, ended.json["unreadable"]) == (0, 2)
        assert not DeadLetter.objects.exists()


class TestBadInput:
    """One line that names the option, without what it said; nothing is done."""

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ((), "Nobody is named"),
            (("--username", ""), "--username"),
            (("--username", " "), "--username"),
            (("--username", "x" * 255), "--username"),
            (("--username", f"{NAME}\0"), "--username"),
            (("--username", f"{NAME}\udcff"), "--username"),
            (("--email", NAME), "--email"),
            (("--email", f"{NAME}@"), "--email"),
            (("--lms-user-id", NAME), "--lms-user-id"),
            (("--lms-user-id", "0"), "--lms-user-id"),
            (("--lms-user-id", "-1"), "--lms-user-id"),
            (("--lms-user-id", "9" * 19), "--lms-user-id"),
            (("--username", NAME, "--from", "-"), "--from"),
            (("--from", f"/nowhere/{NAME}"), "--from"),
            (("--username", NAME, "--actor", ""), "actor"),
        ],
    )
    def test_option(self, arguments, said):
        """Each."""
        ended = retired(*arguments)
        assert ended.status == 3
        assert said in ended.error
        assert NAME not in ended.error
        assert len(ended.error.splitlines()) == 1
        assert is_unchanged()

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "nobody is named"),
            (lines(NAME), "line 1"),
            (lines({"username": NAME}, [NAME]), "line 2"),
            (lines({}), "line 1"),
            (lines({"user": NAME}), "line 1"),
            (lines({"username": None}), "line 1"),
            (lines({"username": 5}), "line 1: username"),
            (lines({"username": f"{NAME}\ud800"}), "line 1: username"),
            ("[" * 100_000, "line 1"),
            (lines({"username": NAME, "lms_user_id": True}), "line 1: lms_user_id"),
            (lines({"username": NAME, "lms_user_id": 1.5}), "line 1: lms_user_id"),
            (NAME.encode() + b"\xff", "UTF-8"),
        ],
    )
    def test_line(self, monkeypatch, text, said):
        """By its number; what came before it isn't done, either."""
        stdin(monkeypatch, text)
        ended = retired("--from", "-")
        assert ended.status == 3
        assert said in ended.error
        assert NAME not in ended.error
        assert is_unchanged()

    def test_lost_key(self, settings):
        """Whom it blocked before can't be told: that is fatal, and says what to do."""
        settings.EVENT_SYNC = {**settings.EVENT_SYNC, "RETIREMENT_KEYS": ["one"]}
        retired("--username", "somebody")
        settings.EVENT_SYNC = {**settings.EVENT_SYNC, "RETIREMENT_KEYS": ["two"]}
        ended = retired(*ALL)
        assert ended.status == 3
        assert "RETIREMENT_KEYS" in ended.json["problem"]
        assert titles() == [NAME, "Emma"]


class TestInTheMiddle:
    """What was done stays done, and the same command goes on."""

    @pytest.mark.parametrize(
        ("error", "status"),
        [
            (TransientError("The schema registry: away."), 1),
            (KeyboardInterrupt(), 130),
            (OperationalError("gone"), 1),
        ],
    )
    def test_ends(self, monkeypatch, error, status):
        """With one line; the learner is blocked by then."""
        with monkeypatch.context() as patch:

            def fail(*_: object) -> None:
                raise error

            patch.setattr("shared.erasure.Erasure._rows", fail)
            ended = retired(*ALL)
        assert ended.status == status
        assert ended.json["problem"]
        assert ended.error == f"Stopped: {ended.json['problem']} Say it again to go on."
        assert RetiredLearner.objects.count() == 3
        assert retired(*ALL).status == 0
        assert titles() == ["", "Emma"]


@pytest.mark.parametrize("how", [(), ("--json",), ("--apply",), ("--apply", "--json")])
def test_nobody_is_named(caplog, how):
    """Neither in what is printed nor in what is logged."""
    with caplog.at_level(logging.DEBUG, logger="shared"):
        ended = Ended("retire_learners", *ALL, *how)
    told = ended.output + ended.error + caplog.text + "".join(ended.lines)
    assert not [each for each in (NAME, EMAIL, NUMBER) if each in told.lower()]
