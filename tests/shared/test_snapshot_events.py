"""An event that is made of a row stands where the row's or the snapshot's time puts it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.direct import decode_stored
from shared.messages import NO_PARTITION, Event
from shared.ordering import Position
from shared.snapshot_events import events_of
from shared.snapshots import Row, UnreadableRow
from shared.sources import Page, PlacedRow
from tests.library import NOW, shelf
from tests.testapp import room

MARGIN = timedelta(minutes=5)
SHELVES, BOOKS = room.SHELVES_SNAPSHOT, room.BOOKS_SNAPSHOT
SHELF = {"code": "A", "label": "novels"}
BOOK = {"code": "A", "isbn": "1", "title": "Emma", "price": 1, "modified": NOW.isoformat()}


def made(snapshot, *rows, taken_at=NOW):
    """Return what the rows of a page become."""
    placed = tuple(PlacedRow(str(i), Row(row)) for i, row in enumerate(rows))
    page = Page(rows=placed, next="", taken_at=taken_at, done=1, total=1)
    return [each.event for each in events_of(snapshot, page, MARGIN)]


def event(snapshot, row, **page) -> Event:
    """Return the event of a row."""
    (found,) = made(snapshot, row, **page)
    assert isinstance(found, Event)
    return found


def test_row_with_a_time_of_its_own_stands_there():
    """It is its events' time as well; the margin is for those who don't know."""
    assert event(BOOKS, BOOK, taken_at=None).position.time == NOW


def test_other_rows_stand_before_the_snapshot():
    """By the margin: what was under way then is newer."""
    assert event(SHELVES, SHELF).position.time == NOW - MARGIN


def test_live_event_of_the_same_time_is_newer():
    """Whether it came from a broker or by its signal alone."""
    made_one = event(SHELVES, SHELF).position
    assert shelf(time=NOW - MARGIN).position > made_one
    assert shelf(time=NOW - MARGIN, topic="", partition=NO_PARTITION).position > Position.lowest()
    signalled = Position.of(NOW - MARGIN, "", NO_PARTITION, int(NOW.timestamp() * 1e9))
    assert signalled > made_one


def test_row_that_says_the_same_is_the_same_event():
    """Whenever it was read, and in whichever order its fields are: it is buried once."""
    one = event(SHELVES, SHELF)
    same = event(SHELVES, dict(reversed(SHELF.items())), taken_at=NOW + MARGIN)
    other = event(SHELVES, SHELF | {"label": "poems"})
    assert (one.metadata.id, one.message.offset) == (same.metadata.id, same.message.offset)
    assert (one.metadata.id, one.message.offset) != (other.metadata.id, other.message.offset)


def test_message_holds_the_event():
    """Parked or buried, it can take the same way again."""
    one = event(SHELVES, SHELF)
    again = decode_stored(one.message)
    assert (again.data, again.position) == (one.data, one.position)
    assert again.metadata.id == one.metadata.id


def test_row_that_is_no_event_leaves_the_others_alone():
    """It says why, in its place."""
    first, bad, last = made(SHELVES, SHELF, {"code": "B"}, SHELF | {"code": "C"})
    assert isinstance(bad, UnreadableRow)
    assert str(bad) == "label: is not there"
    assert isinstance(first, Event)
    assert isinstance(last, Event)


def test_line_that_was_none_stays_so():
    """What the source says of it is told on."""
    page = Page(
        rows=(PlacedRow("line 1", UnreadableRow("the line", "is no JSON")),),
        next="",
        taken_at=NOW,
        done=1,
        total=1,
    )
    (found,) = events_of(SHELVES, page, MARGIN)
    assert (found.place, str(found.event)) == ("line 1", "the line: is no JSON")


@pytest.mark.parametrize("price", [2**63 - 1, -(2**63)])
def test_largest_numbers_are_events(price):
    """Whether the row can take them is the room's to say."""
    assert event(BOOKS, BOOK | {"price": price}).data["book"].price == price
