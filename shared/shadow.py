"""The shadow of a room: keeps what its events say, and changes nothing else.

For each consumer and key it keeps one record, by the rule that a standalone row follows, so that
what it holds is what the row would say. Nothing is parked or buried here: a parent that is missing
shows when host and shadow are compared, an event that becomes no record is kept by its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from shared import connections
from shared.batches import Batch, BatchResult, Ending
from shared.bulk import Row, rows_of
from shared.consumer import Consumer
from shared.counting import count
from shared.exceptions import FatalError, TransientError
from shared.mapping import accept_and_map, deliveries_of, ending_of
from shared.models import ShadowFailure, ShadowRecord
from shared.ordering import Position
from shared.outcomes import Outcome
from shared.record_json import decode, encode, values_of
from shared.records import PositionedRecord, Record, fold_key
from shared.upsert import follow, insert_or_update, known_fields, lock_or_insert
from shared.writing import Mapped, poison

_COLUMNS = ["record", "position", "filled_position", "seen_at"]


def keep(batch: Batch, *, now: datetime) -> BatchResult:
    """Keep what a batch's events say, in one transaction, and return how each event ended.

    Raises ``TransientError`` (try the same batch again) or ``FatalError``.
    """
    try:
        with transaction.atomic():
            return _keep(batch, now)
    except (TransientError, FatalError):
        raise
    except Exception as error:
        raise connections.meaning_of(error) from error


def _keep(batch: Batch, now: datetime) -> BatchResult:
    deliveries, endings = deliveries_of(batch.room, batch.arrivals)
    for consumer in batch.room.consumers:
        mapped, others = accept_and_map(consumer, deliveries, now=now)
        endings += others + _follow(consumer, mapped, now)
    endings.sort(key=lambda ending: ending.index)
    _keep_failures(batch, endings, now)
    result = BatchResult(tuple(endings))
    count(batch, result, now=now)
    return result


def _follow(consumer: Consumer, mapped: Sequence[Mapped], now: datetime) -> list[Ending]:
    """Let the kept records of one consumer follow its new ones."""
    endings: list[Ending] = []
    keyed: list[tuple[str, Mapped]] = []
    for each in mapped:
        try:
            _check(each.item)
            keyed.append((fold_key((consumer.name, *each.item.record.key)), each))
        except Exception as error:
            endings.append(ending_of(each.delivery, None, poison(error)))
    table = rows_of(ShadowRecord)
    rows = lock_or_insert(
        table,
        {key for key, _ in keyed},
        lambda key: {"consumer": consumer.name, "sync_key": key, "seen_at": now},
    )
    touched = {}
    for key, each in keyed:
        before = rows[key].filled_position, rows[key].position
        outcome = _follow_one(rows[key], each.item, now)
        endings.append(ending_of(each.delivery, each.item.record, outcome))
        if outcome is Outcome.APPLIED or before != (rows[key].filled_position, rows[key].position):
            rows[key].seen_at = now
            touched[key] = rows[key]
    table.write(touched, _COLUMNS)
    return endings


def _check(item: PositionedRecord[Record]) -> None:
    """Raise what is wrong with a record before anything is made of it."""
    known_fields(item)
    encode(type(item.record), values_of(item.record))


def _follow_one(row: Row, item: PositionedRecord[Record], now: datetime) -> Outcome:
    """Let a row follow one more record; what an older version of the room kept is begun anew."""
    values = values_of(item.record)
    kept = _kept(row)
    if kept is None or kept.keys() != values.keys():
        outcome, row.position = Outcome.APPLIED, item.position
        row.filled_position = item.position if known_fields(item) else Position.lowest()
    else:
        said = Row(**kept, position=row.position, filled_position=row.filled_position)
        outcome = follow(said, item, now)
        row.position, row.filled_position = said.position, said.filled_position
        values = {name: getattr(said, name) for name in values}
    if outcome is Outcome.APPLIED:
        row.record = encode(type(item.record), values)
    return outcome


def _kept(row: Row) -> dict[str, Any] | None:
    try:
        return decode(row.record)[1] if row.record else None
    except LookupError:
        return None


def _keep_failures(batch: Batch, endings: Sequence[Ending], now: datetime) -> None:
    """Keep the places of what became no record; forget those that have become one since.

    A flood of them is counted as outcomes are, and only its beginning is kept.
    """
    failed = [
        ShadowFailure(
            room=batch.room.name,
            consumer=ending.consumer,
            place=ending.message.place,
            error=ending.error,
            seen_at=now,
        )
        for ending in endings
        if ending.outcome is Outcome.DEAD
    ]
    before = ShadowFailure.objects.filter(room=batch.room.name)
    if before.exists():
        again = {failure.place for failure in failed}
        mended = {ending.message.place for ending in endings} - again
        before.filter(place__in=mended).delete()
    failed = list(_within_bounds(failed, before)) if failed else []
    insert_or_update(ShadowFailure, failed, match=["room", "consumer", "place"], update=["error"])


def _within_bounds(
    failed: Sequence[ShadowFailure], before: QuerySet[ShadowFailure]
) -> Iterator[ShadowFailure]:
    """Yield the failures that are kept already, and others while there is space for them."""
    kept = Counter(before.order_by().values_list("consumer", flat=True))
    places = {failure.place for failure in failed}
    again = set(before.filter(place__in=places).values_list("consumer", "place"))
    for failure in failed:
        if (failure.consumer, failure.place) in again:
            yield failure
        elif kept[failure.consumer] < ShadowFailure.MOST:
            kept[failure.consumer] += 1
            yield failure
