"""Consumers of books that go by more than the event, or by less of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from shared.outcomes import WriteResult
from shared.records import fold_key
from tests.shared.testing.naive import (
    ANY_ORDER,
    BECOMES,
    ORPHAN,
    SAME_FACT,
    SOUND_WRITE,
    Naive,
    Records,
    routed,
)
from tests.testapp.checked import to_book
from tests.testapp.models import Book, Shelf

_NUMBERS = count()


def make_shelves(records: Records) -> Sequence[WriteResult]:
    """Write soundly, and make up the shelves that aren't there."""
    for item in records:
        code = item.record.shelf_id
        Shelf.objects.get_or_create(code=code, defaults={"sync_key": fold_key((code,))})
    return SOUND_WRITE(records)


def count_batch(records: Records) -> Sequence[WriteResult]:
    """Write what depends on how many records came together."""
    dearer = [replace(each.record, price=each.record.price + len(records)) for each in records]
    return SOUND_WRITE([replace(a, record=b) for a, b in zip(records, dearer, strict=True)])


def delete_others(records: Records) -> Sequence[WriteResult]:
    """Write soundly, and delete what isn't in the batch."""
    results = SOUND_WRITE(records)
    Book.objects.exclude(sync_key__in=[fold_key(item.record.key) for item in records]).delete()
    return results


def lose_price(data: Any, metadata: Any) -> Any:
    """Map a book without the field that changes."""
    return replace(to_book(data, metadata), price=0)


def number_anew(data: Any, metadata: Any) -> Any:
    """Map a book, and say something else of the same event each time."""
    return replace(to_book(data, metadata), price=next(_NUMBERS))


UNSTEADY: dict[str, tuple[Naive, tuple[str, ...]]] = {
    "makes up parents": (Naive(write=make_shelves), (ORPHAN,)),
    "goes by the size of the batch": (Naive(write=count_batch), (ANY_ORDER,)),
    "deletes what isn't in the batch": (Naive(write=delete_others), (ANY_ORDER,)),
    "loses a field": (routed(to_record=lose_price), (BECOMES,)),
    "says something else each time": (routed(to_record=number_anew), (SAME_FACT, ANY_ORDER)),
}
"""Each with the promises that it breaks."""
