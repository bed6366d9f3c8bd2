"""A snapshot's row is read strictly: what is wrong with it is named, and nothing is guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.consumer import Consumer
from shared.exceptions import ConfigurationError
from shared.snapshots import Row, Snapshot, UnreadableRow, row_of
from tests.testapp.events import BOOK_CHANGED
from tests.testapp.room import SHELVES, book_of

GOOD = {
    "text": "",
    "number": 2**63 - 1,
    "fraction": 0.5,
    "flag": False,
    "moment": "2026-01-31T13:00:00.5+01:00",
    "uuid": str(UUID(int=1)),
    "course_key": "course-v1:edX+Tests+2026",
}


def read(method: str, value: object) -> object:
    """Return what a method says of a field with this value."""
    return getattr(Row({"field": value}), method)("field")


def test_good_values_are_read():
    """Each with the type that events have."""
    row = Row(GOOD)
    assert (row.text("text"), row.number("number"), row.flag("flag")) == ("", 2**63 - 1, False)
    assert row.moment("moment") == datetime(2026, 1, 31, 12, 0, 0, 500_000, tzinfo=UTC)
    assert row.uuid("uuid") == UUID(int=1)
    assert str(row.course_key("course_key")) == GOOD["course_key"]


@pytest.mark.parametrize(("value", "says"), [(0.5, 0.5), (1, 1.0), (0, 0.0)])
def test_fraction_may_be_a_whole_number(value, says):
    """JSON makes no difference between 1 and 1.0 for those who write it."""
    found = read("fraction", value)
    assert (found, type(found)) == (says, float)


@pytest.mark.parametrize("method", GOOD)
def test_field_that_is_not_there_is_a_mistake(method):
    """Even if the event could do without it: an event tells the whole state."""
    row = Row({})
    with pytest.raises(UnreadableRow, match=r"^field: is not there$"):
        getattr(row, method)("field")
    with pytest.raises(UnreadableRow, match=r"^field: is not there$"):
        row.optional("field", getattr(row, method))


@pytest.mark.parametrize("method", GOOD)
def test_null_is_taken_where_it_may_be(method):
    """And nowhere else."""
    row = Row({"field": None})
    assert row.optional("field", getattr(row, method)) is None
    with pytest.raises(UnreadableRow, match=r"^field: is null$"):
        getattr(row, method)("field")


BAD = [
    ("text", 1, "is no text"),
    ("text", "\ud800", "has half a character"),
    ("number", "1", "is no whole number"),
    ("number", 1.0, "is no whole number"),
    ("number", True, "is no whole number"),
    ("number", 2**63, "doesn't fit into 64 bits"),
    ("fraction", "0.5", "is no number"),
    ("fraction", True, "is no number"),
    ("fraction", 10**400, "doesn't fit into 64 bits"),
    ("flag", 0, "is no true or false"),
    ("flag", "false", "is no true or false"),
    ("moment", "2026-01-31T12:00:00", "has no time zone"),
    ("moment", "yesterday", "is no time in ISO 8601"),
    ("moment", "0001-01-01T00:00:00+14:00", "is no time in ISO 8601"),
    ("moment", 1_769_860_800, "is no text"),
    ("uuid", "secret", "is no UUID"),
    ("course_key", "secret", "is no course key"),
    ("course_key", {}, "is no text"),
]


@pytest.mark.parametrize(("method", "value", "problem"), BAD)
def test_bad_value_is_named_by_its_field(method, value, problem):
    """And never shown: it may be personal data."""
    with pytest.raises(UnreadableRow, match=f"^field: {problem}") as raised:
        read(method, value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("line", [b"", b"{", b"\xff{}", b"[" * 100_000, b"1" * 5_000])
def test_line_that_is_no_json(line):
    """Broken, cut, of another encoding, or made to break a parser."""
    with pytest.raises(UnreadableRow, match=r"^the line: is no JSON$"):
        row_of(line)


@pytest.mark.parametrize("line", [b"1", b"[]", b"null", b'"text"'])
def test_line_that_is_no_object(line):
    """JSON, but nothing with fields."""
    with pytest.raises(UnreadableRow, match=r"^the row: is no JSON object$"):
        row_of(line)


def test_snapshot_makes_events_that_its_consumer_consumes():
    """What it made of others would be ignored, row after row."""
    with pytest.raises(ConfigurationError, match="its snapshot makes events"):
        Consumer(
            name="shelves",
            topic="t",
            routes=SHELVES.routes,
            snapshot=Snapshot(signal=BOOK_CHANGED, to_data=book_of),
        )
