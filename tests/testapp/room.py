"""The tests' room: declaration, records, mappers and destinations in one place."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from shared.consumer import Consumer, Route
from shared.outcomes import WriteResult
from shared.parents import write_where_parent_is
from shared.records import Key, PositionedRecord
from shared.snapshots import Row, Snapshot
from shared.tables import in_table
from shared.upsert import upsert
from tests.testapp.events import BOOK_CHANGED, SHELF_CHANGED, BookData, ShelfData
from tests.testapp.models import Book, Shelf

ROOM = "tests.testapp"
TOPIC = "tests-library"


@dataclass(frozen=True, kw_only=True)
class ShelfRecord:
    """A shelf."""

    code: str
    label: str

    @property
    def key(self) -> Key:
        """What identifies the row."""
        return (self.code,)


@dataclass(frozen=True, kw_only=True)
class BookRecord:
    """A book, with the key of its shelf."""

    isbn: str
    title: str
    price: int
    shelf_id: str

    @property
    def key(self) -> Key:
        """What identifies the row."""
        return (self.isbn,)


def wants_book(data, metadata):
    """Want every book but those called 'unwanted'."""
    return data["book"].title != "unwanted"


def to_shelf(data, metadata):
    """Map a shelf."""
    return ShelfRecord(code=data["shelf"].code, label=data["shelf"].label)


def to_book(data, metadata):
    """Map a book."""
    book = data["book"]
    return BookRecord(isbn=book.isbn, title=book.title, price=book.price, shelf_id=book.code)


@in_table(Shelf)
def write_shelves(records: Sequence[PositionedRecord[ShelfRecord]]) -> Sequence[WriteResult]:
    """Write shelves."""
    return upsert(Shelf, records, now=timezone.now())


@in_table(Book)
def write_books(records: Sequence[PositionedRecord[BookRecord]]) -> Sequence[WriteResult]:
    """Write books whose shelf is there; name the shelf that the others wait for."""
    return write_where_parent_is(
        Shelf,
        records,
        consumer="shelves",
        parent_key=lambda book: (book.shelf_id,),
        write=lambda books: upsert(Book, books, now=timezone.now()),
    )


def shelf_of(row: Row):
    """Return the event's data of a row that says a shelf."""
    return {"shelf": ShelfData(code=row.text("code"), label=row.text("label"))}


def book_of(row: Row):
    """Return the event's data of a row that says a book."""
    texts = {name: row.text(name) for name in ("code", "isbn", "title")}
    return {"book": BookData(**texts, price=row.number("price"))}


SHELVES_SNAPSHOT = Snapshot(signal=SHELF_CHANGED, to_data=shelf_of)
BOOKS_SNAPSHOT = Snapshot(signal=BOOK_CHANGED, to_data=book_of, modified="modified")

SHELVES = Consumer(
    name="shelves",
    topic=TOPIC,
    routes=(
        Route(
            signal=SHELF_CHANGED,
            key_field="shelf.code",
            accept=lambda data, metadata: True,
            to_record=to_shelf,
        ),
    ),
    snapshot=SHELVES_SNAPSHOT,
)
BOOKS = Consumer(
    name="books",
    topic=TOPIC,
    routes=(
        Route(signal=BOOK_CHANGED, key_field="book.code", accept=wants_book, to_record=to_book),
    ),
    snapshot=BOOKS_SNAPSHOT,
)
