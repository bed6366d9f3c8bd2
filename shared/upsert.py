"""The guarded bulk upsert: the newest event wins its row, and every event's outcome is known.

Events are folded one after another over their locked row, so outcomes and rows are the same
whatever the size of the batch. Runs inside the caller's transaction and takes a constant number
of statements, in the database's own bulk form (``shared.bulk``). The traps it steps around are in
ADR 0003: ``INSERT IGNORE`` hides bad data, ``ON DUPLICATE KEY`` fires on any unique index, on
MariaDB locking a row that isn't there invites deadlocks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, TypeAlias

from django.db import connections, models

from shared.bulk import Row, Rows, rows_of
from shared.ordering import SyncedModel
from shared.outcomes import Outcome
from shared.records import PositionedRecord, fold_key, layout_of

BeforeChange: TypeAlias = Callable[[Any, Any], None]
"""Is told of a row as it is and of the newer record, which differs, that it is about to follow."""


def upsert(
    model: type[SyncedModel],
    incoming: Sequence[PositionedRecord[Any]],
    *,
    now: datetime,
    before_change: BeforeChange | None = None,
) -> list[Outcome]:
    """Bring the rows of ``model`` up to these records and return one outcome per record, in order.

    ``now`` becomes ``created`` and ``modified`` of the rows that change. ``before_change`` gets no
    instance of the model but a row that has what a record's plain and fill-only fields say, and
    the columns that no record has but ``created`` and ``modified``; it may set them. Raises the
    database's own errors, ``TransactionManagementError`` among them outside a transaction.
    """
    table = rows_of(model)
    keyed = [(fold_key(item.record.key), item) for item in incoming]
    outcomes: list[Outcome] = [Outcome.STALE] * len(keyed)
    keys: Collection[str] = {key for key, _ in keyed}
    there = table.there(keys)
    observed = _observed(incoming)
    while keys:
        rows = table.lock(there, without=observed)
        folded = _Folded(table, rows, observed, now, before_change)
        for index, (key, item) in enumerate(keyed):
            if key in keys:
                outcomes[index] = folded.follow(key, item)
        # Of those that another worker inserted first, lock its rows and follow on from them.
        keys = there = folded.write()
    return outcomes


def lock_or_insert(
    table: Rows, keys: Collection[str], new_columns: Callable[[str], Mapping[str, Any]]
) -> dict[str, Row]:
    """Return the rows of these (folded) keys, each locked or new, by key.

    Raises the database's own errors.
    """
    there = table.there(keys)
    rows: dict[str, Row] = {}
    while keys:
        rows |= table.lock(there)
        new = {key: table.new(new_columns(key)) for key in keys - rows.keys()}
        keys = there = table.insert(new)
        rows |= {key: row for key, row in new.items() if key not in keys}
    return rows


@dataclass(slots=True)
class _Folded:
    """Rows in memory, those that are there and new ones, while records are folded over them."""

    table: Rows
    rows: dict[str, Row]
    observed: Collection[str]
    now: datetime
    before_change: BeforeChange | None
    new: dict[str, Row] = field(default_factory=dict)
    moved: dict[str, Row] = field(default_factory=dict)
    """Say what they said, and have followed a newer event."""
    changed: dict[str, Row] = field(default_factory=dict)

    def follow(self, key: str, item: PositionedRecord[Any]) -> Outcome:
        """Let a row follow one more event; make the row if it isn't there."""
        row = self.rows.get(key) or self.new.get(key)
        if row is None:
            self.new[key] = _new_row(self.table, key, item, self.now)
            return Outcome.APPLIED
        outcome = follow(row, item, self.now, self.before_change)
        if key in self.rows and outcome is not Outcome.STALE:
            (self.changed if outcome is Outcome.APPLIED else self.moved)[key] = row
        return outcome

    def write(self) -> set[str]:
        """Write what became of the rows; return the keys that another worker inserted meanwhile."""
        appeared = self.table.insert(self.new)
        changing, columns = self.table.changing, set(self.table.changing)
        whole = {key: row for key, row in self.changed.items() if columns <= vars(row).keys()}
        self.table.write(whole, changing)
        # Others were only filled: they keep what is observed with a change, and was not read.
        filled = {key: row for key, row in self.changed.items() if key not in whole}
        self.table.write(filled, [name for name in changing if name not in self.observed])
        moved = {key: row for key, row in self.moved.items() if key not in self.changed}
        self.table.write(moved, self.table.positions)
        return appeared


def follow(
    row: Row,
    item: PositionedRecord[Any],
    now: datetime,
    before_change: BeforeChange | None = None,
) -> Outcome:
    """Let a row in memory follow one more event and return how that event ended."""
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
    if known and position > row.filled_position:
        row.filled_position = position
        if _differs(row, item.record, known):
            _copy(row, item.record, known)
            outcome = Outcome.APPLIED
        elif outcome is Outcome.STALE:
            outcome = Outcome.UNCHANGED
    if outcome is Outcome.APPLIED:
        row.modified = now
    return outcome


def _observed(incoming: Sequence[PositionedRecord[Any]]) -> set[str]:
    """Return the fields that need not be read of a row: a change brings its own.

    One by a record of another class doesn't.
    """
    classes = {type(item.record) for item in incoming}
    return set(layout_of(incoming[0].record).observed) if len(classes) == 1 else set()


def _new_row(table: Rows, key: str, item: PositionedRecord[Any], now: datetime) -> Row:
    layout, known = layout_of(item.record), known_fields(item)
    columns = {"sync_key": key, "position": item.position, "created": now, "modified": now}
    if known:
        columns["filled_position"] = item.position
    for name in layout.plain + layout.observed + known:
        columns[name] = getattr(item.record, name)
    return table.new(columns)


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
    values = [getattr(item.record, name) for name in names]
    if None not in values:
        return names
    if any(value is not None for value in values):
        # One position guards them all: to know some would make the row deaf for the others.
        raise TypeError(f"{type(item.record).__name__} knows some of its fill-only fields.")
    return ()


def _differs(row: Any, record: Any, names: tuple[str, ...]) -> bool:
    values = _values_of(names)
    return bool(values(row) != values(record))


@cache
def _values_of(names: tuple[str, ...]) -> Callable[[Any], Any]:
    """Return what reads these attributes, faster than one after another."""
    return attrgetter(*names) if names else lambda _: ()


def _copy(row: Any, record: Any, names: tuple[str, ...]) -> None:
    for name in names:
        setattr(row, name, getattr(record, name))
