"""Samples of the tests' room, as a squad writes them."""

from __future__ import annotations

from shared.testing import Sample
from tests.testapp.events import BOOK_CHANGED, SHELF_CHANGED, BookData, ShelfData
from tests.testapp.models import Book, Shelf


def shelf(number: int, state: int) -> dict[str, ShelfData]:
    """Return a shelf that is relabelled from state to state."""
    return {"shelf": ShelfData(code=f"shelf-{number}", label=f"Label {state}")}


def book(number: int, state: int) -> dict[str, BookData]:
    """Return a book, one on each shelf, whose price rises from state to state."""
    return {"book": book_called("Emma", number, state)}


def book_called(title: str, number: int = 1, state: int = 0) -> BookData:
    """Return such a book with this title."""
    return BookData(code=f"shelf-{number}", isbn=str(number), title=title, price=state)


SHELVES = Sample(signal=SHELF_CHANGED, data=shelf, model=Shelf)
BOOKS = Sample(
    signal=BOOK_CHANGED,
    data=book,
    model=Book,
    parent=SHELVES,
    unwanted=[{"book": book_called("unwanted")}],
)
