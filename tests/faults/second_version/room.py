"""The upgraded room, for processes of its own: its signal takes the event type over."""

from dataclasses import replace

from openedx_events.tooling import OpenEdxPublicSignal

from shared.consumer import Route
from tests.faults.second_version.events import BookData
from tests.faults.second_version.titles import joined
from tests.testapp import room
from tests.testapp.events import BOOK_CHANGED as FIRST_BOOK_CHANGED

BOOK_CHANGED = OpenEdxPublicSignal(
    event_type=FIRST_BOOK_CHANGED.event_type, data={"book": BookData}
)


def to_book(data, metadata):
    """Map a book; its subtitle becomes a part of the title."""
    book = data["book"]
    return replace(room.to_book(data, metadata), title=joined(book.title, book.subtitle))


BOOKS = replace(
    room.BOOKS,
    routes=(
        Route(
            signal=BOOK_CHANGED, key_field="book.code", accept=room.wants_book, to_record=to_book
        ),
    ),
)
