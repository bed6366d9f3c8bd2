"""The tests' room with mappers that check what they map, as a room's mappers do."""

from dataclasses import replace

from shared import values
from tests.testapp.room import BOOKS, SHELVES, BookRecord, ShelfRecord


def to_shelf(data, metadata):
    """Map a shelf."""
    shelf = data["shelf"]
    return ShelfRecord(
        code=values.text(shelf.code, "shelf.code", max_length=20),
        label=values.text(shelf.label, "shelf.label", max_length=50, blank=True),
    )


def to_book(data, metadata):
    """Map a book."""
    book = data["book"]
    return BookRecord(
        isbn=values.text(book.isbn, "book.isbn", max_length=20),
        title=values.text(book.title, "book.title", max_length=50),
        price=values.count(book.price, "book.price"),
        shelf_id=values.text(book.code, "book.code", max_length=20),
    )


CHECKED_SHELVES = replace(SHELVES, routes=(replace(SHELVES.routes[0], to_record=to_shelf),))
CHECKED_BOOKS = replace(BOOKS, routes=(replace(BOOKS.routes[0], to_record=to_book),))
