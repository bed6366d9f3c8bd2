"""Writing records that refer to a parent row: a child whose parent isn't there yet has to wait.

Knows nothing of parking; it answers ``MissingParent``, and ``shared.pipeline`` parks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from shared.ordering import SyncedModel
from shared.outcomes import MissingParent, Outcome, WriteResult
from shared.records import Key, PositionedRecord, Record, fold_key

R = TypeVar("R", bound=Record)


def write_where_parent_is(
    parents: type[SyncedModel],
    records: Sequence[PositionedRecord[R]],
    *,
    consumer: str,
    parent_key: Callable[[R], Key],
    write: Callable[[list[PositionedRecord[R]]], list[Outcome]],
) -> list[WriteResult]:
    """Write the records whose parent row is there; say of each other one what it waits for.

    ``consumer`` is the name of the consumer that brings the parents, ``parent_key`` gives the
    parent's natural key. Returns one answer per record, in order. Parents are never deleted.
    """
    keys = [parent_key(item.record) for item in records]
    found = parents._default_manager.filter(sync_key__in={fold_key(key) for key in keys})
    there = set(found.values_list("sync_key", flat=True))
    ready = [fold_key(key) in there for key in keys]
    written = iter(write([item for item, is_ready in zip(records, ready, strict=True) if is_ready]))
    return [
        next(written) if is_ready else MissingParent(consumer, key)
        for key, is_ready in zip(keys, ready, strict=True)
    ]
