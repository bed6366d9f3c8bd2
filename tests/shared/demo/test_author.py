"""An author's events have the times, ids and contents that their kinds are known for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs
import pytest

from shared.demo import author
from shared.demo.author import Content
from shared.demo.stream import Run
from tests.testapp.events import BOOK_CHANGED, BookData

STARTED = datetime(2026, 3, 4, tzinfo=UTC)


class Librarian(author.Author[BookData]):
    """Writes about books, of which only the price ever changes."""

    source = "openedx/tests/web"
    sourcehost = "library.example.com"

    def says(self, state):
        """Say all of a book."""
        return Content(BOOK_CHANGED, "book.code", {"book": state})

    def other(self, state, **changes):
        """Raise the price."""
        return attrs.evolve(state, **{"price": state.price + 1, **changes})

    def new_book(self):
        """Tell of a book."""
        number = str(len(self.rows))
        return self.tell(self.add(BookData(code="A", isbn=number, title="Emma", price=1)))


@pytest.fixture
def librarian():
    """Write ten events."""
    return Librarian(Run(events=10, seed=1, started=STARTED))


def book(event):
    """Return what an event says."""
    return event.data["book"]


def test_the_last_event_has_the_time_of_the_start(librarian):
    """Each is newer than the one before, and none is ahead of its time."""
    times = [librarian.new_book().metadata.time for _ in range(10)]
    assert times == sorted(set(times))
    assert times[-1] == STARTED


def test_the_same_id_is_the_same_event(librarian):
    """Byte for byte."""
    assert librarian.new_book() is librarian.same_id()


def test_the_same_fact_has_another_id_and_time(librarian):
    """And says what was told last, whatever was told before."""
    librarian.new_book()
    told = librarian.tell(librarian.change(librarian.any_row()))
    same = librarian.same_fact()
    assert (same.signal, same.data) == (told.signal, told.data)
    assert same.event_id != told.event_id
    assert same.metadata.time > told.metadata.time


def test_late_news_lie_between_the_two_newest_events(librarian):
    """And differ from both."""
    first = librarian.new_book()
    second = librarian.same_fact()
    late = librarian.late()
    assert first.metadata.time < late.metadata.time < second.metadata.time
    assert book(late) != book(second)


def test_late_news_of_a_new_row_precede_it(librarian):
    """By half a minute."""
    first = librarian.new_book()
    assert librarian.late().metadata.time == first.metadata.time - timedelta(seconds=30)


def test_an_event_out_of_order_was_overtaken_by_the_one_before_it(librarian):
    """By a hair, and it is about the same row."""
    librarian.new_book()
    before = librarian.new_book()
    overtaken = librarian.out_of_order()
    assert book(overtaken).isbn == book(before).isbn
    assert overtaken.metadata.time == before.metadata.time - timedelta(microseconds=1)


def test_an_event_at_once_has_the_time_of_the_newest(librarian):
    """And another id."""
    first = librarian.new_book()
    second = librarian.tell_at_once(librarian.change(librarian.any_row()))
    assert second.metadata.time == first.metadata.time
    assert second.event_id != first.event_id


def test_what_is_not_told_is_not_remembered(librarian):
    """No duplicate of it is sent, and its row is as it was."""
    told = librarian.new_book()
    untold = librarian.untold(title="Persuasion", ahead=timedelta(days=1))
    assert (book(untold).isbn, book(untold).title) == (book(told).isbn, "Persuasion")
    assert untold.metadata.time > STARTED
    assert librarian.same_id() is told
    assert book(librarian.same_fact()) == book(told)


def test_authors_of_one_seed_have_no_event_id_in_common(librarian):
    """An event is known again by its id."""

    class Archivist(Librarian):
        sourcehost = "archive.example.com"

    archivist = Archivist(librarian.run)
    assert librarian.new_book().event_id != archivist.new_book().event_id
