"""Connects the receivers in the stock consumer's process."""

from typing import Any

from django.apps import AppConfig


class StockConfig(AppConfig):
    """A receiver for each event, with one ``update_or_create``."""

    name = "tests.faults.stock"
    label = "faults_stock"

    def ready(self) -> None:
        """Connect them."""
        from tests.testapp.events import BOOK_CHANGED, SHELF_CHANGED

        SHELF_CHANGED.connect(write_shelf)
        BOOK_CHANGED.connect(write_book)


def write_shelf(*, shelf: Any, **_: Any) -> None:
    """Write the shelf, as it comes."""
    from tests.testapp.models import Shelf

    values = {"sync_key": shelf.code, "label": shelf.label, "position": _no_position()}
    Shelf.objects.update_or_create(code=shelf.code, defaults=values)


def write_book(*, book: Any, **_: Any) -> None:
    """Write the book, as it comes, unless it isn't wanted."""
    from tests.testapp.models import Book

    if book.title == "unwanted":
        return
    values = {
        "sync_key": book.isbn,
        "title": book.title,
        "price": book.price,
        "shelf_id": book.code,
        "position": _no_position(),
    }
    Book.objects.update_or_create(isbn=book.isbn, defaults=values)


def _no_position() -> Any:
    from shared.ordering import Position

    return Position.lowest()
