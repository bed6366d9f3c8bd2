"""The guarded bulk upsert: the newest event wins its row, and every event's outcome is known.

Events are folded one after another over their locked row, so outcomes and rows are the same
whatever the size of the batch. Runs inside the caller's transaction and takes a constant number
of statements. The traps it steps around are in ADR 0003: ``INSERT IGNORE`` hides bad data,
``ON DUPLICATE KEY`` fires on any unique index, locking a row that isn't there invites deadlocks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar

from django.db import IntegrityError, connections, models, transaction

from shared.ordering import SyncedModel
from shared.outcomes import Outcome
from shared.records import PositionedRecord, fold_key, layout_of

M = TypeVar("M", bound=SyncedModel)

BeforeChange: TypeAlias = Callable[[Any, Any], None]
"""Is told of a row as it is and of the newer record, which differs, that it is about to follow."""


def upsert(
    model: type[M],
    incoming: Sequence[PositionedRecord[Any]],
    *,
    now: datetime,
    before_change: BeforeChange | None = None,
) -> list[Outcome]:
    """Bring the rows of ``model`` up to these records and return one outcome per record, in order.

    ``now`` becomes ``created`` and ``modified`` of the rows that change. ``before_change`` may set
    columns that no record has. Raises the database's own errors.
    """
    keyed = [(fold_key(item.record.key), item) for item in incoming]
    there = _existing(model, {key for key, _ in keyed})
    while True:
        rows = _lock(model, there)
        folded = _fold(model, keyed, rows, now, before_change)
        appeared = _insert(model, folded.new)
        if not appeared:
            break
        # Another worker inserted these first: lock its rows and follow on from them.
        there |= appeared
    _write(model, folded.touched)
    return folded.outcomes


def lock_or_insert(model: type[M], keys: set[str], new_row: Callable[[str], M]) -> dict[str, M]:
    """Return the rows of these (folded) keys, each locked or new, by key.

    Raises the database's own errors.
    """
    there = _existing(model, keys)
    while True:
        rows = _lock(model, there)
        new = {key: new_row(key) for key in keys - there}
        appeared = _insert(model, new)
        if not appeared:
            return rows | new
        there |= appeared


@dataclass(slots=True)
class _Folded(Generic[M]):
    """What became of rows in memory when the records were folded over them."""

    outcomes: list[Outcome] = field(default_factory=list)
    new: dict[str, M] = field(default_factory=dict)
    touched: dict[str, M] = field(default_factory=dict)


def _fold(
    model: type[M],
    keyed: Sequence[tuple[str, PositionedRecord[Any]]],
    rows: dict[str, M],
    now: datetime,
    before_change: BeforeChange | None,
) -> _Folded[M]:
    """Let rows follow their records one after another; make those that aren't there."""
    folded: _Folded[M] = _Folded()
    for key, item in keyed:
        row = rows.get(key) or folded.new.get(key)
        if row is None:
            folded.new[key] = _new_row(model, key, item, now)
            folded.outcomes.append(Outcome.APPLIED)
            continue
        outcome = follow(row, item, now, before_change)
        folded.outcomes.append(outcome)
        if key in rows and outcome is not Outcome.STALE:
            folded.touched[key] = row
    return folded


def follow(
    row: SyncedModel,
    item: PositionedRecord[Any],
    now: datetime,
    before_change: BeforeChange | None = None,
) -> Outcome:
    """Let an (unsaved) row follow one more event and return how that event ended."""
    layout, position = layout_of(item.record), item.position
    is_newer = position > row.position
    outcome = Outcome.UNCHANGED if position >= row.position else Outcome.STALE
    if is_newer:
        row.position = position
        if _differs(row, item.record, layout.plain):
            if before_change:
                before_change(row, item.record)
            _copy(row, item.record, layout.plain + layout.observed)
            outcome = Outcome.APPLIED
    known = known_fields(item)
    if known and position > row.filled_position:  # type: ignore[attr-defined]
        row.filled_position = position  # type: ignore[attr-defined]
        if _differs(row, item.record, known):
            _copy(row, item.record, known)
            outcome = Outcome.APPLIED
        elif outcome is Outcome.STALE:
            outcome = Outcome.UNCHANGED
    if outcome is Outcome.APPLIED:
        row.modified = now
    return outcome


def _existing(model: type[M], keys: set[str]) -> set[str]:
    """Return which keys have a row, without locking: a lock on a row that isn't there deadlocks."""
    if not keys:
        return set()
    rows = model._default_manager.filter(sync_key__in=keys)
    return set(rows.values_list("sync_key", flat=True))


def _insert(model: type[M], new: dict[str, M]) -> set[str]:
    """Insert rows, all or none; return the keys that another worker inserted meanwhile."""
    if not new:
        return set()
    try:
        with transaction.atomic():
            model._default_manager.bulk_create([new[key] for key in sorted(new)])
    except IntegrityError:
        # Looked for with a lock: at REPEATABLE READ a plain query would not see them.
        appeared = set(_lock(model, new))
        if not appeared:
            _refuse_hidden(model, new)
            raise
        return appeared
    return set()


def _refuse_hidden(model: type[M], new: dict[str, M]) -> None:
    """Let PostgreSQL say that another worker's rows are there and our snapshot doesn't have them.

    Above READ COMMITTED it shows them to no query, locking or not; a conflict with one of them on
    its own key ends as a serialization failure, to be retried. Raises the database's own errors:
    without such rows what ``_insert`` met once more, or nothing if that is gone.
    """
    if connections[model._default_manager.db].vendor != "postgresql":
        return
    rows = [new[key] for key in sorted(new)]
    with transaction.atomic():
        insert_or_update(model, rows, match=["sync_key"], update=["sync_key"])
        transaction.set_rollback(True)


def _new_row(model: type[M], key: str, item: PositionedRecord[Any], now: datetime) -> M:
    layout = layout_of(item.record)
    known = known_fields(item)
    filled = {"filled_position": item.position} if known else {}
    row = model(sync_key=key, position=item.position, created=now, modified=now, **filled)
    _copy(row, item.record, layout.plain + layout.observed + known)
    return row


def _lock(model: type[M], keys: Collection[str]) -> dict[str, M]:
    """Lock and read the rows of these keys, in the order of their keys."""
    if not keys:
        return {}
    manager = model._default_manager
    # On PostgreSQL a child's insert locks the key of its parent, which no event changes.
    no_key = connections[manager.db].features.has_select_for_no_key_update
    rows = manager.select_for_update(no_key=no_key).order_by("sync_key")
    return rows.in_bulk(sorted(keys), field_name="sync_key")


def _write(model: type[M], touched: dict[str, M]) -> None:
    """Write the rows back. They are there and locked: the insert always meets its own row."""
    columns = [field.name for field in model._meta.concrete_fields if not field.primary_key]
    columns = [name for name in columns if name not in ("sync_key", "created")]
    insert_or_update(
        model, [touched[key] for key in sorted(touched)], match=["sync_key"], update=columns
    )


def insert_or_update(
    model: type[models.Model], rows: list[Any], *, match: list[str], update: list[str]
) -> None:
    """Insert rows, or update these columns of those that ``match`` a row that is there.

    Of rows that match each other the last one counts: PostgreSQL refuses to meet a row twice.
    MariaDB and MySQL take no conflict target: a model written so has no other unique index that
    a new row could meet.
    """
    rows = list({tuple(getattr(row, name) for name in match): row for row in rows}.values())
    manager = model._default_manager
    features = connections[manager.db].features
    manager.bulk_create(
        rows,
        update_conflicts=True,
        update_fields=update,
        unique_fields=match if features.supports_update_conflicts_with_target else None,
    )


def known_fields(item: PositionedRecord[Any]) -> tuple[str, ...]:
    """Return the fill-only fields if the record knows them; ``TypeError`` if only some."""
    names = layout_of(item.record).fill_only
    known = tuple(name for name in names if getattr(item.record, name) is not None)
    if known and known != names:
        # One position guards them all: to know some would make the row deaf for the others.
        raise TypeError(f"{type(item.record).__name__} knows some of its fill-only fields.")
    return known


def _differs(row: Any, record: Any, names: tuple[str, ...]) -> bool:
    return any(getattr(row, name) != getattr(record, name) for name in names)


def _copy(row: Any, record: Any, names: tuple[str, ...]) -> None:
    for name in names:
        setattr(row, name, getattr(record, name))
