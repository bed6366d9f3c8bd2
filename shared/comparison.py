"""What the events say, as a shadow has kept it, beside what the host holds now.

Reads only, in chunks, and locks nothing: what changes meanwhile may be counted as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from django.db import Error as DatabaseError
from django.db.models import QuerySet

from shared.conf import get_settings
from shared.exceptions import EventSyncError, FatalError
from shared.findings import Comparison
from shared.hosts import HostDestination
from shared.models import ShadowFailure, ShadowRecord
from shared.outcomes import Held, Outcome
from shared.reactions import describe, origin
from shared.record_json import decode
from shared.records import PositionedRecord, Record, layout_of

_CHUNK = 500


@runtime_checkable
class Readable(Protocol):
    """A destination that can tell what its host holds."""

    def held(self, records: Sequence[Any]) -> Sequence[Held]:
        """Return for each record what the host holds, by the record's fields."""


OnProgress = Callable[[str, int, int], None]
"""Is told of a consumer how many of how many of its records are compared."""


def compare(
    consumer: str, *, since: datetime | None, examples: int, on_progress: OnProgress
) -> Comparison:
    """Compare the records of a consumer in shadow that were seen ``since`` a time.

    At most so many ``examples`` are kept for each field that differs, and for rows that are
    missing. Raises ``ConfigurationError``, and what the destination raises.
    """
    comparison = Comparison(consumer=consumer)
    destination: object = get_settings().destination_of(consumer)
    failures = ShadowFailure.objects.filter(consumer=consumer)
    comparison.has_more_unmappable = _has_more(failures)
    _note_failures(comparison, _seen_since(failures, since), examples)
    if isinstance(destination, HostDestination):
        for problem in destination.problems():
            raise problem
    if not isinstance(destination, Readable):
        path = get_settings().destinations[consumer]
        comparison.unreadable = f"{path} has no method held(records): it can't be read"
        return comparison
    rows = _seen_since(ShadowRecord.objects.filter(consumer=consumer), since).exclude(record="")
    total = rows.count()
    for chunk in _chunks(rows):
        _compare_chunk(comparison, chunk, destination, examples)
        on_progress(consumer, comparison.records, total)
    return comparison


def undecodable(room_name: str, *, since: datetime | None) -> tuple[int, bool]:
    """Return how many messages the shadow of this name could not decode, seen ``since`` a time.

    And whether there may be more.
    """
    failures = ShadowFailure.objects.filter(room=room_name, consumer="")
    return _seen_since(failures, since).count(), _has_more(failures)


def _has_more(failures: QuerySet[ShadowFailure]) -> bool:
    return failures.count() >= ShadowFailure.MOST


def _note_failures(
    comparison: Comparison, failures: QuerySet[ShadowFailure], examples: int
) -> None:
    comparison.unmappable = failures.count()
    comparison.examples += [
        {"what": "unmappable", "place": failure.place, "error": failure.error}
        for failure in failures.order_by("pk")[:examples]
    ]


def _seen_since(rows: QuerySet[Any], since: datetime | None) -> QuerySet[Any]:
    return rows.filter(seen_at__gte=since) if since else rows


def _chunks(rows: QuerySet[Any]) -> Iterator[list[ShadowRecord]]:
    """Yield the rows by ascending id, each chunk in a query of its own."""
    last = 0
    while chunk := list(rows.filter(pk__gt=last).order_by("pk")[:_CHUNK]):
        yield chunk
        last = chunk[-1].pk


def _compare_chunk(
    comparison: Comparison, chunk: Sequence[ShadowRecord], destination: Readable, examples: int
) -> None:
    kept = [PositionedRecord(record, row.position) for row in chunk if (record := _record(row))]
    comparison.records += len(chunk) - len(kept)
    comparison.outdated += len(chunk) - len(kept)
    compare_records(comparison, kept, destination, examples=examples)


def compare_records(
    comparison: Comparison,
    kept: Sequence[PositionedRecord[Record]],
    destination: Readable,
    *,
    examples: int,
) -> list[bool]:
    """Add records to a comparison; return of each whether the host lacks it or differs from it."""
    comparison.records += len(kept)
    held = _held(comparison.consumer, destination, [item.record for item in kept])
    if len(held) != len(kept):
        raise FatalError(
            f"The destination of {comparison.consumer} told of {len(held)} rows, not {len(kept)}.",
            hint="held() answers for each record, in order; None where there is no row.",
        )
    return [
        _compare_one(comparison, item, found, examples)
        for item, found in zip(kept, held, strict=True)
    ]


def _compare_one(
    comparison: Comparison, item: PositionedRecord[Record], found: Held, examples: int
) -> bool:
    if found is Outcome.FILTERED:
        comparison.unwanted += 1
        return False
    if found is None:
        comparison.missing += 1
        if comparison.missing <= examples:
            comparison.examples.append({"what": "missing", "key": _key(item.record)})
        return True
    # An event that only creates says no more than that the row is there.
    fields = [] if item.creates_only else list(_differing(item.record, found))
    comparison.agree += not fields
    comparison.differ += bool(fields)
    comparison.fields.update(fields)
    for name in fields:
        if comparison.fields[name] <= examples:
            comparison.examples.append(_example(item.record, found, name))
    return bool(fields)


def _held(consumer: str, destination: Readable, records: Sequence[Record]) -> Sequence[Held]:
    try:
        return destination.held(records)
    except (EventSyncError, DatabaseError):
        raise
    except Exception as error:
        raise FatalError(
            f"The destination of {consumer} can't be read: {describe(error)}, {origin(error)}.",
            hint="See it whole with --traceback.",
        ) from error


def _record(row: ShadowRecord) -> Record | None:
    """Return what a row keeps, unless this version of the room knows no such record."""
    try:
        record_type, values = decode(row.record)
        record: Record = record_type(**values)
    except (LookupError, TypeError):
        return None
    return record


def _differing(record: Record, found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the fields that differ, of those that the host keeps and the record knows.

    When a row was told to change is no part of what it says.
    """
    layout = layout_of(record)
    for name in (*layout.plain, *layout.fill_only):
        said = getattr(record, name)
        is_unknown = name in layout.fill_only and said is None
        if name in found and not is_unknown and said != found[name]:
            yield name


def _example(record: Record, found: Mapping[str, Any], name: str) -> dict[str, str]:
    example = {"what": name, "key": _key(record)}
    if name in layout_of(record).personal:
        return example
    return example | {"event": _text(getattr(record, name)), "host": _text(found[name])}


def _key(record: Record) -> str:
    return "|".join(str(part) for part in record.key)


def _text(value: object) -> str:
    return repr(str(value)) if isinstance(value, str) else str(value)
