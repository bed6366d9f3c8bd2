"""The ordering guard for rows that can't remember a position: a host's own.

Which event a row has followed is kept in ``AppliedEvent`` instead, one per consumer and key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

from shared.bulk import Row, rows_of
from shared.models import AppliedEvent
from shared.outcomes import Outcome, WriteResult
from shared.records import PositionedRecord, Record, fold_key
from shared.upsert import lock_or_insert

R = TypeVar("R", bound=Record)

Apply: TypeAlias = Callable[[PositionedRecord[R]], WriteResult]
"""Writes one record, whose turn it is, to the host's row and answers for it."""

_FOLLOWED = (Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE)


def apply_in_order(
    consumer: str, records: Sequence[PositionedRecord[R]], apply: Apply[R]
) -> list[WriteResult]:
    """Let ``apply`` write the records that are newer than what their key has followed, in order.

    Returns one answer per record: its own, ``STALE`` for an older one, ``UNCHANGED`` for the same
    one again. One that ``apply`` finds stale, for the host is ahead of it, is followed as well: no
    older one comes in behind it. Until the transaction ends no other worker applies an event of
    these keys. Raises what ``apply`` and the database raise.
    """
    keys = [fold_key((consumer, *item.record.key)) for item in records]
    table = rows_of(AppliedEvent)
    rows = lock_or_insert(table, set(keys), lambda key: {"consumer": consumer, "sync_key": key})
    results: list[WriteResult] = []
    touched: dict[str, Row] = {}
    for key, item in zip(keys, records, strict=True):
        row = rows[key]
        is_next = not row.has_followed or item.position > row.position
        results.append(apply(item) if is_next else _late(row, item))
        if is_next and results[-1] in _FOLLOWED:
            row.has_followed, row.position = True, item.position
            touched[key] = row
    table.write(touched, ["has_followed", "position"])
    return results


def _late(row: Row, item: PositionedRecord[R]) -> Outcome:
    return Outcome.UNCHANGED if item.position == row.position else Outcome.STALE
