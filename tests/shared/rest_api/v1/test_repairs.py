"""Repairs over HTTP are those of the commands: a dry run first, within bounds, and recorded."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from shared.exceptions import ConfigurationError, TransientError
from shared.models import DeadLetter, ParkedEvent, Repair
from shared.repairs import By, discard
from shared.rest_api.v1 import repair_views
from tests.operators import ALL, LETTERS, PARKED, copies, operator
from tests.testapp.models import Book

pytestmark = pytest.mark.django_db

REPLAY, DISCARD = f"{LETTERS}replay/", f"{LETTERS}discard/"
RETRY, BURY = f"{PARKED}retry/", f"{PARKED}bury/"
EACH = (REPLAY, DISCARD, RETRY, BURY)
WHOLE_ROOM = {"room": "tests.testapp", "reason": "a test"}


def post(url: str, body: Any, **how: Any) -> Any:
    """Ask for a repair."""
    return operator(*ALL).post(url, body, **{"format": "json", **how})


def tables() -> list[Any]:
    """Return what a repair may change."""
    return [list(m._default_manager.values()) for m in (DeadLetter, ParkedEvent, Repair, Book)]


@pytest.mark.parametrize("url", EACH)
@pytest.mark.parametrize("said", [{}, {"apply": False}])
def test_dry_run(letter, parked, url, said):
    """Says how many of what it would be about; nothing has happened."""
    before = tables()
    answer = post(url, {**WHOLE_ROOM, **said}).json()
    assert (answer["applied"], answer["matched"]) == (False, 1)
    (group,) = answer["groups"]
    assert (group["consumer"], group["count"]) == ("books", 1)
    assert tables() == before


def test_replay(letter):
    """The row is there, the letter gone, and it is known who did it and why."""
    answer = post(REPLAY, {"id": [letter.pk], "reason": "mended", "apply": True}).json()
    assert answer["results"] == {"applied": 1}
    assert answer["rows"] == [
        {
            "id": letter.pk,
            "place": letter.message.place,
            "result": "applied",
            "error": "",
            "is_good": True,
        }
    ]
    assert (answer["left"], answer["next_after"]) == (0, None)
    assert Book.objects.get().title == "Persuasion"
    repair = Repair.objects.get()
    assert (repair.actor, repair.action, repair.reason) == ("ada", "replay", "mended")


def test_replay_that_nobody_takes(letter):
    """The reason is given before and after, and the letter stays."""
    DeadLetter.objects.update(consumer="films")
    reason = "has no consumer 'films'"
    (group,) = post(REPLAY, {"id": [letter.pk]}).json()["groups"]
    assert reason in group["refused"]
    (row,) = post(REPLAY, {"id": [letter.pk], "apply": True}).json()["rows"]
    assert (row["result"], row["is_good"]) == ("refused", False)
    assert reason in row["error"]
    assert DeadLetter.objects.exists()


def test_discard(letter):
    """Gone for good, with its reason."""
    assert post(DISCARD, {**WHOLE_ROOM, "apply": True}).json()["results"] == {"discarded": 1}
    assert not DeadLetter.objects.exists()
    assert Repair.objects.get().reason == "a test"


def test_retry_and_bury(parked):
    """What waits is due, then dead."""
    assert post(RETRY, {"apply": True}).json()["results"] == {"due": 1}
    assert ParkedEvent.objects.get().retry_at.year == 1970
    assert post(BURY, {**WHOLE_ROOM, "apply": True}).json()["results"] == {"buried": 1}
    assert DeadLetter.objects.exists()
    assert not ParkedEvent.objects.exists()


@pytest.mark.parametrize("url", [DISCARD, BURY])
@pytest.mark.parametrize(
    ("body", "field", "line"),
    [
        ({"room": "tests.testapp"}, "reason", "This field is required."),
        ({**WHOLE_ROOM, "reason": " "}, "reason", "may not be blank"),
        ({"reason": "all of them"}, "non_field_errors", "This doesn't take all."),
        ({"reason": "all of them", "after": 0}, "non_field_errors", "This doesn't take all."),
        ({"reason": "none of them", "id": []}, "id", "at least 1 element"),
    ],
)
def test_what_is_dropped_is_named_and_accounted_for(letter, parked, url, body, field, line):
    """Neither all at once nor without a reason."""
    before = tables()
    response = post(url, {**body, "apply": True})
    assert response.status_code == 400
    assert line in response.json()[field][0]
    assert tables() == before


@pytest.mark.parametrize("url", EACH)
@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"apply": "true"}, "apply"),
        ({"apply": 1}, "apply"),
        ({"apply": None}, "apply"),
        ({"aply": True}, "aply"),
        ({"apply": True, "rom": "x"}, "rom"),
        ({"apply": True, "room": None}, "room"),
        ({"apply": True, "room": 7}, "room"),
        ({"apply": True, "room": ["tests.testapp"]}, "room"),
        ({"apply": True, "room": {"$ne": ""}}, "room"),
        ({"apply": True, "id": "1"}, "id"),
        ({"apply": True, "id": [True]}, "id"),
        ({"apply": True, "id": ["1"]}, "id"),
        ({"apply": True, "id": [1.0]}, "id"),
        ({"apply": True, "id": [999999]}, "id"),
        ({"apply": True, "id": [2**63]}, "id"),
        ({"apply": True, "after": "0"}, "after"),
        ({"apply": True, "since": 0}, "since"),
        ({"apply": True, "reason": "x" * 1001}, "reason"),
        ({"apply": True, "reason": "a\0b"}, "reason"),
        ({"apply": True, "actor": "somebody else"}, "actor"),
    ],
)
def test_bad_body(letter, parked, url, said, field):
    """Names the field, and changes nothing."""
    before = tables()
    response = post(url, {**WHOLE_ROOM, **said})
    assert response.status_code == 400
    assert list(response.json()) == [field]
    assert tables() == before


@pytest.mark.parametrize("url", EACH)
@pytest.mark.parametrize(
    ("raw", "content_type", "status"),
    [
        ("", "application/json", 400),
        ("{", "application/json", 400),
        ("[]", "application/json", 400),
        ("null", "application/json", 400),
        ("7", "application/json", 400),
        ('{"apply": true, "id": [' + "1" * 5000 + "]}", "application/json", 400),
        ('{"apply": true, "id": [NaN]}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        ('{"apply": true, "\\ud800": 1}', "application/json", 400),
        ('{"apply": true, "room": "\\ud800"}', "application/json", 400),
        ('{"room": ' * 100_000, "application/json", 400),
        ("apply=true&room=tests.testapp", "application/x-www-form-urlencoded", 415),
        ("<apply>true</apply>", "application/xml", 415),
    ],
)
def test_no_json(letter, parked, url, raw, content_type, status):
    """One line, and nothing has changed."""
    before = tables()
    response = operator(*ALL).generic("POST", url, raw, content_type=content_type)
    if raw == "" and url in (REPLAY, RETRY):
        assert response.json()["applied"] is False
    else:
        assert response.status_code == status, response.content
        assert len(response.content) < 500
    assert tables() == before


class TestLimit:
    """One request takes so many, says how many are left, and where to go on."""

    @pytest.fixture(autouse=True)
    def _three(self, letter, monkeypatch):
        """Three letters, two of which a request takes."""
        copies(letter, 2)
        monkeypatch.setattr(repair_views, "MOST", 2)

    def test_left(self):
        """They are taken by the next request."""
        body = {**WHOLE_ROOM, "apply": True}
        answer = post(DISCARD, body).json()
        assert (answer["matched"], answer["left"], len(answer["rows"])) == (3, 1, 2)
        answer = post(DISCARD, {**body, "after": answer["next_after"]}).json()
        assert (answer["matched"], answer["left"], answer["next_after"]) == (1, 0, None)
        assert not DeadLetter.objects.exists()

    def test_what_stays_dead_is_in_nobodys_way(self):
        """A replay that settles nothing gets to the end nevertheless."""
        DeadLetter.objects.update(consumer="films")
        first = post(REPLAY, {"apply": True}).json()
        last = post(REPLAY, {"apply": True, "after": first["next_after"]}).json()
        seen = [row["id"] for answer in (first, last) for row in answer["rows"]]
        assert seen == list(DeadLetter.objects.order_by("pk").values_list("pk", flat=True))

    @pytest.mark.parametrize("url", [REPLAY, DISCARD])
    def test_dry_run_counts_all(self, url):
        """So that one knows what one is about to begin."""
        answer = post(url, WHOLE_ROOM).json()
        assert (answer["matched"], answer["groups"][0]["count"]) == (3, 3)


@pytest.mark.parametrize("error", [TransientError("Gone."), ConfigurationError("No.", hint="Yes.")])
def test_stopped_on_the_way(letter, monkeypatch, error):
    """503, with why, and with what was done before."""

    def work(rows: Any, by: By) -> Any:
        yield from discard(rows, by)
        raise error

    monkeypatch.setattr(repair_views.ReplayView, "work", work)
    response = post(REPLAY, {"apply": True, "reason": "a test"})
    assert response.status_code == 503
    assert response.json()["detail"] == str(error)
    assert response.json()["done"]["results"] == {"discarded": 1}


def test_destination_that_cannot_work(letter, settings):
    """One line with the remedy, in both runs."""
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "DESTINATIONS": {}}
    for said in ({}, {"apply": True}):
        response = post(REPLAY, said)
        assert response.status_code == 503
        assert "'books' has no destination. Hint:" in response.json()["detail"]
    assert DeadLetter.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("url", EACH)
def test_requests_that_are_transactions(letter, parked, monkeypatch, url):
    """A service may have it so; each batch has a transaction of its own nevertheless."""
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    seen: list[bool] = []

    def look(*arguments: str) -> By:
        seen.append(connection.in_atomic_block)
        return By(*arguments)

    monkeypatch.setattr(repair_views, "By", look)
    assert post(url, {**WHOLE_ROOM, "apply": True}).status_code == 200
    assert seen == [False]


@pytest.mark.parametrize("url", EACH)
def test_only_an_account_may_be_the_actor(letter, parked, url):
    """Who is logged in did it, whatever the body says."""
    assert post(url, {**WHOLE_ROOM, "apply": True}).status_code == 200
    assert Repair.objects.get().actor == "ada"
