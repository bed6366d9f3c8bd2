"""Dead letters and parked events are listed by pages and shown, without what they hold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils.http import urlencode

from shared.models import DeadLetter, ParkedEvent
from tests.operators import ALL, LETTERS, PARKED, PAYLOAD, VIEWS, copies, operator

pytestmark = pytest.mark.django_db


def listed(query: Any = None, url: str = LETTERS) -> Any:
    """Return the answer to a query."""
    return operator(*VIEWS).get(f"{url}?{urlencode(query or {}, doseq=True)}")


def ids(query: Any = None) -> list[int]:
    """Return the ids of the letters that a query lists."""
    return [row["id"] for row in listed(query).json()["results"]]


def test_list(letter):
    """What failed, where and why; not what it holds, nor its key."""
    (row,) = listed().json()["results"]
    assert (
        row.items()
        >= {
            "id": letter.pk,
            "room": "tests.testapp",
            "consumer": "books",
            "receiver": "",
            "event_type": "org.openedx.tests.book.changed.v1",
            "error": "book.title: too long",
            "attempts": 1,
        }.items()
    )
    assert not {"key", "value", "headers"} & row.keys()


def test_list_of_parked(parked):
    """What waits, and for what."""
    (row,) = listed(url=PARKED).json()["results"]
    assert (row["id"], row["waiting_for"]) == (parked.pk, "shelves:nowhere")
    assert not {"key", "value", "headers"} & row.keys()


def test_detail(letter, parked):
    """With headers, without what they hold."""
    client = operator(*VIEWS)
    for url, row in ((LETTERS, letter), (PARKED, parked)):
        answer = client.get(f"{url}{row.pk}/")
        assert answer.json()["headers"] == row.headers
        assert not {"key", "value"} & answer.json().keys()
        assert PAYLOAD not in answer.content.decode()


@pytest.mark.parametrize("pk", ["999999", "0", "-1", "x", "9" * 30, "9223372036854775808", "²"])
@pytest.mark.parametrize("tail", ["", "payload/"])
def test_no_such_row(letter, pk, tail):
    """Not found, whatever it is called."""
    for url in (LETTERS, PARKED):
        response = operator(*ALL).get(f"{url}{pk}/{tail}")
        assert response.status_code == 404
        assert "see the list" in response.json()["detail"]


def test_payload_is_logged(letter, caplog):
    """With who looked; the log has nothing of the event."""
    answer = operator(*ALL, name="grace").get(f"{LETTERS}{letter.pk}/payload/").json()
    assert answer["data"]["book"]["title"] == PAYLOAD
    (record,) = (r for r in caplog.records if getattr(r, "action", "") == "payload.shown")
    assert record.fields["actor"] == "grace"
    assert PAYLOAD not in caplog.text


def test_payload_that_cannot_be_decoded(letter, settings):
    """Its bytes, and why."""
    DeadLetter.objects.update(value=b"\0\xff", headers=[])
    answer = operator(*ALL).get(f"{LETTERS}{letter.pk}/payload/").json()
    assert answer["undecodable"]
    assert answer["value_base64"] == "AP8="


def test_payload_without_json(letter, monkeypatch):
    """What JSON has no word for is text."""
    odd = {"data": {"a": float("nan"), "b": b"\xff", "c": float("inf"), "d": letter.buried_at}}
    monkeypatch.setattr("shared.rest_api.v1.message_views.look_into", lambda *a, **k: odd)
    answer = operator(*ALL).get(f"{LETTERS}{letter.pk}/payload/")
    assert answer.status_code == 200
    assert answer.json()["data"].items() >= {"a": "NaN", "c": "Infinity"}.items()


class TestPages:
    """The oldest first, by their ids: what is repaired meanwhile moves no other row."""

    def test_page_by_page(self, letter):
        """Each row once, though those of the first page are gone by the second."""
        every = [letter.pk, *(each.pk for each in copies(letter, 4))]
        first = listed({"limit": 2}).json()
        assert [row["id"] for row in first["results"]] == every[:2]
        assert (first["matched"], first["next_after"]) == (5, every[1])
        DeadLetter.objects.filter(pk__in=every[:2]).delete()
        second = listed({"limit": 2, "after": first["next_after"]}).json()
        assert [row["id"] for row in second["results"]] == every[2:4]
        last = listed({"limit": 2, "after": second["next_after"]}).json()
        assert (last["matched"], last["next_after"]) == (1, None)
        assert [row["id"] for row in last["results"]] == every[4:]

    def test_none(self):
        """An empty page."""
        assert listed().json() == {"matched": 0, "next_after": None, "results": []}

    @pytest.mark.parametrize("number", [1, 30])
    def test_queries(self, letter, number, django_assert_num_queries):
        """As many for many rows as for few: session, user, permissions (2), rows, count."""
        copies(letter, number)
        client = operator(*VIEWS)
        with django_assert_num_queries(6):
            assert client.get(f"{LETTERS}?limit=1").json()["matched"] == number + 1
        with django_assert_num_queries(5):
            assert len(client.get(f"{LETTERS}?limit=500").json()["results"]) == number + 1

    def test_payload_is_not_read(self, letter, django_assert_num_queries):
        """Nor does it travel from the database."""
        client = operator(*VIEWS)
        with django_assert_num_queries(5) as queries:
            client.get(LETTERS)
        assert not any('"value"' in each["sql"] for each in queries)


class TestFilters:
    """As the commands', and all must be true."""

    def test_each(self, letter):
        """Finds its rows, and no others."""
        other, third = copies(letter, 2)
        later = letter.buried_at + timedelta(hours=1)
        DeadLetter.objects.filter(pk=other.pk).update(
            room="another", consumer="x", event_type="t", error="100%_sure", buried_at=later
        )
        both = [letter.pk, third.pk]
        for query in (
            {"room": "another"},
            {"consumer": "x"},
            {"event_type": "t"},
            {"error": "%_SURE"},
            {"since": later.isoformat()},
            {"id": [other.pk]},
        ):
            assert ids(query) == [other.pk], query
        assert ids({"until": later.isoformat()}) == both
        assert ids({"id": [letter.pk, third.pk], "room": "tests.testapp"}) == both
        assert ids({"error": "%", "room": "tests.testapp"}) == []

    @pytest.mark.parametrize(
        ("query", "field", "line"),
        [
            ({"room": ""}, "room", "may not be blank"),
            ({"room": "test.testapp"}, "room", "Did you mean 'tests.testapp'?"),
            ({"consumer": "book"}, "consumer", "there is no 'book'. Did you mean 'books'?"),
            ({"event_type": "x"}, "event_type", "there is no 'x'."),
            ({"room": "a" * 256}, "room", "no more than 255 characters"),
            ({"room": "a\0b"}, "room", "Null characters are not allowed."),
            ({"room": ["a", "b"]}, "room", "said more than once"),
            ({"error": "' OR 1=1 --\0"}, "error", "Null characters are not allowed."),
            ({"since": "yesterday"}, "since", "Write it as in 2026-01-31T12:00:00Z."),
            ({"since": "2026-01-31T12:00:00"}, "since", "Add Z for UTC, or +02:00."),
            ({"since": "0001-01-01T00:00:00+14:00"}, "since", "This is no time."),
            (
                {"since": "2026-02-01T00:00Z", "until": "2026-01-01T00:00Z"},
                "since",
                "it is not before until.",
            ),
            ({"id": "999999"}, "id", "1 of 1 aren't there (any more): 999999."),
            ({"limit": "0"}, "limit", "greater than or equal to 1"),
            ({"limit": "501"}, "limit", "less than or equal to 500"),
            ({"limit": "9" * 5000}, "limit", "too large"),
            ({"limit": "1.0"}, "limit", "A valid integer is required."),
            ({"limit": "²"}, "limit", "A valid integer is required."),
            ({"after": "-1"}, "after", "A valid integer is required."),
            ({"after": "9223372036854775808"}, "after", "less than or equal to"),
            ({"page_size": "5"}, "page_size", "There is no such field."),
            ({"rom": "x"}, "rom", "Did you mean 'room'?"),
            ({"room__startswith": "x"}, "room__startswith", "There is no such field."),
        ],
    )
    def test_bad_one(self, letter, query, field, line):
        """One line that names the field and the remedy."""
        for url in (LETTERS, PARKED):
            response = listed(query, url)
            assert response.status_code == 400
            ((name, (text,)),) = response.json().items()
            assert name == field
            assert line in text

    @pytest.mark.parametrize("value", ["x", "0", "1;2", "1,2", "9223372036854775808", "-1"])
    def test_bad_id(self, letter, value):
        """By its place in the list."""
        response = listed({"id": [letter.pk, value]})
        assert response.status_code == 400
        assert list(response.json()["id"]) == ["1"]

    def test_too_many_ids(self, letter):
        """As many as a request repairs, and no more."""
        response = listed({"id": range(1, 502)})
        assert "no more than 500 elements" in response.json()["id"][0]


def test_room_that_is_gone(letter):
    """It is found by what is left of it."""
    DeadLetter.objects.update(room="long_gone")
    assert ids({"room": "long_gone"}) == [letter.pk]
    assert not ParkedEvent.objects.exists()
