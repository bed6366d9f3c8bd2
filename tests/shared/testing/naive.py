"""Consumers of books that break one promise each, made of the sound one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone

from shared.consumer import Consumer
from shared.exceptions import UnmappableEvent
from shared.outcomes import Outcome, WriteResult
from shared.parents import write_where_parent_is
from shared.records import Key, PositionedRecord, fold_key
from tests.testapp import room
from tests.testapp.checked import CHECKED_BOOKS, to_book
from tests.testapp.models import Book, Shelf
from tests.testapp.room import BookRecord

Records = Sequence[PositionedRecord[BookRecord]]
Write = Callable[[Records], Sequence[WriteResult]]

SOUND_WRITE = room.write_books


@dataclass(frozen=True, kw_only=True)
class Naive:
    """A consumer and its destination."""

    consumer: Consumer = CHECKED_BOOKS
    write: Write = SOUND_WRITE


def routed(**route: Any) -> Naive:
    """Return the sound consumer with another filter or mapper."""
    routes = (replace(CHECKED_BOOKS.routes[0], **route),)
    return Naive(consumer=replace(CHECKED_BOOKS, routes=routes))


def columns_of(item: PositionedRecord[BookRecord]) -> dict[str, Any]:
    """Return the columns that a record's event says."""
    record = item.record
    return {
        "isbn": record.isbn,
        "title": record.title,
        "price": record.price,
        "shelf_id": record.shelf_id,
        "position": item.position,
        "modified": timezone.now(),
    }


def guarded_by(is_newer: Callable[[Any, Any], bool]) -> Naive:
    """Return a consumer that writes as the first attempt at a guard does."""

    def write(records: Records) -> list[WriteResult]:
        return [_save(item, is_newer) for item in records]

    return Naive(write=waiting(write))


def _save(item: PositionedRecord[BookRecord], is_newer: Callable[[Any, Any], bool]) -> WriteResult:
    key = fold_key(item.record.key)
    row = Book.objects.filter(sync_key=key).first()
    if row and not is_newer(item.position, row.position):
        return Outcome.STALE
    Book.objects.update_or_create(sync_key=key, defaults=columns_of(item))
    return Outcome.APPLIED


def waiting(write: Write) -> Write:
    """Return a destination that answers soundly where the shelf isn't there yet."""

    def write_or_wait(records: Records) -> Sequence[WriteResult]:
        return write_where_parent_is(
            Shelf,
            records,
            consumer="shelves",
            parent_key=lambda book: (book.shelf_id,),
            write=lambda books: list(write(books)),  # type: ignore[arg-type]
        )

    return write_or_wait


def swallow(data: Any, metadata: Any) -> Any:
    """Map a book, or nothing."""
    try:
        return to_book(data, metadata)
    except UnmappableEvent:
        return None


def raise_plainly(data: Any, metadata: Any) -> Any:
    """Map a book, and say of a bad one what isn't the field's name."""
    try:
        return to_book(data, metadata)
    except UnmappableEvent as error:
        raise ValueError("bad book") from error


@dataclass(frozen=True, kw_only=True)
class KeyedByPrice(BookRecord):
    """A book whose every price is a row of its own."""

    @property
    def key(self) -> Key:
        """What identifies the row."""
        return (self.isbn, self.price)


def keyed_by_price(data: Any, metadata: Any) -> KeyedByPrice:
    """Map a book."""
    book = to_book(data, metadata)
    return KeyedByPrice(isbn=book.isbn, title=book.title, price=book.price, shelf_id=book.shelf_id)


@dataclass(frozen=True, kw_only=True)
class KeyedByNothing(BookRecord):
    """A book that is every book."""

    @property
    def key(self) -> Key:
        """What identifies the row."""
        return ("book",)


def keyed_by_nothing(data: Any, metadata: Any) -> KeyedByNothing:
    """Map a book."""
    book = to_book(data, metadata)
    return KeyedByNothing(
        isbn=book.isbn, title=book.title, price=book.price, shelf_id=book.shelf_id
    )


def wants_all(data: Any, metadata: Any) -> bool:
    """Want every book."""
    return True


def fails_on_unwanted(data: Any, metadata: Any) -> bool:
    """Raise for what isn't wanted."""
    assert data["book"].title != "unwanted"
    return True


def write_nothing(records: Records) -> list[WriteResult]:
    """Say that everything is written."""
    return [Outcome.APPLIED for _ in records]


def write_two(records: Records) -> list[WriteResult]:
    """Write the first two of a batch, and say that the others are."""
    return [*SOUND_WRITE(records[:2]), *(Outcome.APPLIED for _ in records[2:])]


def drop_orphans(records: Records) -> list[WriteResult]:
    """Write the books whose shelf is there, and forget the others."""
    return [
        result if isinstance(result, Outcome) else Outcome.FILTERED
        for result in SOUND_WRITE(records)
    ]


def touch(records: Records) -> Sequence[WriteResult]:
    """Write soundly, and let every row look as if it had changed."""
    results = SOUND_WRITE(records)
    Book.objects.update(modified=timezone.now())
    return results


def forget_position(records: Records) -> Sequence[WriteResult]:
    """Write soundly, and leave the position behind where the event changes nothing."""
    before = dict(Book.objects.values_list("sync_key", "position"))
    results = SOUND_WRITE(records)
    for item, result in zip(records, results, strict=True):
        if result is Outcome.UNCHANGED:
            key = fold_key(item.record.key)
            Book.objects.filter(sync_key=key).update(position=before[key])
    return results


def write_once(records: Records) -> Sequence[WriteResult]:
    """Keep what a row said first, and follow the events in name only."""
    first = {row.sync_key: row for row in Book.objects.all()}
    results = SOUND_WRITE(records)
    for key, row in first.items():
        Book.objects.filter(sync_key=key).update(title=row.title, price=row.price)
    return results


def delete_stale(records: Records) -> Sequence[WriteResult]:
    """Write soundly, and delete what an older event is about."""
    results = SOUND_WRITE(records)
    for item, result in zip(records, results, strict=True):
        if result is Outcome.STALE:
            Book.objects.filter(sync_key=fold_key(item.record.key)).delete()
    return results


OLDER = "test_older_event_is_ignored"
REPEATED = "test_older_than_what_was_only_repeated_is_ignored"
ANY_ORDER = "test_any_order_and_any_batches_end_in_the_same_rows"
SAME_TIME = "test_same_time_follows_the_place"
SAME_FACT = "test_same_fact_again_changes_nothing"
REPLAYED = "test_replayed_events_change_nothing"
GARBAGE = "test_garbage_is_taken_or_named"
UNWANTED = "test_what_is_not_wanted_leaves_no_trace"
BECOMES = "test_event_becomes_a_row"
APART = "test_rows_are_told_apart"
ORPHAN = "test_child_waits_for_its_parent"

NAIVE: dict[str, tuple[Naive, tuple[str, ...]]] = {
    "has no ordering guard": (
        guarded_by(lambda new, old: True),
        (OLDER, REPEATED, ANY_ORDER, SAME_TIME, SAME_FACT, REPLAYED),
    ),
    "goes by the time alone, and the last comer wins": (
        guarded_by(lambda new, old: new.time >= old.time),
        (ANY_ORDER, SAME_TIME, REPLAYED),
    ),
    "goes by the time alone, and the first comer wins": (
        guarded_by(lambda new, old: new.time > old.time),
        (ANY_ORDER, SAME_TIME),
    ),
    "writes what the row says already": (guarded_by(lambda new, old: new > old), (SAME_FACT,)),
    "leaves the position behind": (Naive(write=forget_position), (REPEATED, ANY_ORDER)),
    "deletes what is late": (Naive(write=delete_stale), (OLDER, REPEATED, ANY_ORDER)),
    "touches rows that don't change": (Naive(write=touch), (REPLAYED, SAME_FACT, OLDER)),
    "writes nothing": (Naive(write=write_nothing), (BECOMES, APART)),
    "writes each row once": (Naive(write=write_once), (BECOMES, ANY_ORDER)),
    "writes two rows of a batch": (Naive(write=write_two), (APART, ANY_ORDER)),
    "forgets orphans": (Naive(write=drop_orphans), (ORPHAN,)),
    "makes a row of each state": (routed(to_record=keyed_by_price), (BECOMES, OLDER, ANY_ORDER)),
    "makes one row of all": (routed(to_record=keyed_by_nothing), (APART,)),
    "swallows poison": (routed(to_record=swallow), (GARBAGE,)),
    "doesn't name the field": (routed(to_record=raise_plainly), (GARBAGE,)),
    "checks nothing": (Naive(consumer=room.BOOKS), (GARBAGE,)),
    "wants everything": (routed(accept=wants_all), (UNWANTED,)),
    "dies of what it doesn't want": (routed(accept=fails_on_unwanted), (UNWANTED,)),
}
"""Each with the promises that it breaks."""
