"""Rows, locked and read, inserted and written back by one statement each, on every database.

They aren't instances of their model: to make one of each row, and to let its fields prepare every
value, takes longer than all the rest. A model's ``save()`` and signals have no part in this.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain
from types import SimpleNamespace
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.constants import OnConflict
from django.utils import timezone

from shared.fields import ExactCharField, KeyField
from shared.ordering import Position, PositionField, SyncedModel

STAMPS = ("created", "modified")
"""Columns that are set with a change and asked of no row."""
TEXTS = (
    models.CharField,
    models.TextField,
    models.EmailField,
    ExactCharField,
    KeyField,
    PositionField,
)
"""Classes of fields whose values are texts; one derived from them may have rules of its own."""
NUMBERS = (
    models.BooleanField,
    models.IntegerField,
    models.PositiveIntegerField,
    models.BigIntegerField,
)
_DRIVERS_OWN = (*TEXTS, *NUMBERS)


class Row(SimpleNamespace):
    """A row by its columns, a foreign key's with ``_id``; its text is its key."""

    sync_key: str
    position: Position
    filled_position: Position

    def __str__(self) -> str:
        return self.sync_key

    __repr__ = __str__


class Rows:
    """The rows of a model. Every method may raise the database's own errors."""

    def __init__(self, model: type[SyncedModel], connection: BaseDatabaseWrapper) -> None:
        self._model = model
        self._connection = connection
        self._table = connection.ops.quote_name(model._meta.db_table)
        fields = model._meta.concrete_fields
        self._fields = {f.attname: f for f in fields if not isinstance(f, models.AutoField)}
        self._defaults = {name: field.get_default for name, field in self._fields.items()}
        self.changing = [
            name
            for name, field in self._fields.items()
            if not field.primary_key and name not in ("sync_key", "created")
        ]
        """The columns that may change."""
        self.positions = [n for n in self.changing if isinstance(self._fields[n], PositionField)]

    def new(self, columns: Mapping[str, Any]) -> Row:
        """Return a row that is yet to be inserted: these columns, and defaults for the others."""
        if len(columns) < len(self._defaults):
            lacking = self._defaults.keys() - columns.keys()
            columns = {**columns, **{name: self._defaults[name]() for name in lacking}}
        return Row(**columns)

    def there(self, keys: Collection[str]) -> Collection[str]:
        """Return which of these keys may be locked: on MariaDB and MySQL those that have a row.

        There a lock on a row that isn't there takes gap locks that deadlock.
        """
        if not keys or self._connection.vendor != "mysql":
            return keys
        return set(self._having(keys).values_list("sync_key", flat=True))

    def lock(self, keys: Collection[str], without: Collection[str] = ()) -> dict[str, Row]:
        """Lock and read the rows of these keys, in their order, by key.

        Neither ``STAMPS`` need be read nor the columns that a caller can do without.
        """
        if not keys:
            return {}
        found = self._having(keys).select_for_update().order_by("sync_key")
        # A row is written whole, with any time in the columns that aren't updated.
        stamps = dict.fromkeys(STAMPS, timezone.now())
        names = [name for name in self._fields if name not in STAMPS]
        rows = [Row(**columns, **stamps) for columns in found.values(*names)]
        return {row.sync_key: row for row in rows}

    def insert(self, rows: Mapping[str, Row]) -> set[str]:
        """Insert rows, but those that are there already; return the keys of these."""
        there: set[str] = set()
        while new := {key: rows[key] for key in rows.keys() - there}:
            try:
                with transaction.atomic(using=self._connection.alias):
                    self._insert(_in_order(new))
            except IntegrityError:
                # Looked for with a lock: at REPEATABLE READ a plain query would not see them.
                appeared = self.lock(new).keys()
                if not appeared:
                    raise
                there |= appeared
            else:
                break
        return there

    def write(self, rows: Mapping[str, Row], names: Sequence[str]) -> None:
        """Write these columns of rows that are there and locked."""
        if rows:
            # Being there and locked, they are met by their own key and by no other unique index.
            update = [self._fields[name].column for name in names]
            conflict = OnConflict.UPDATE
            suffix = self._connection.ops.on_conflict_suffix_sql([], conflict, update, ["sync_key"])
            self._insert(_in_order(rows), suffix)

    def _having(self, keys: Collection[str]) -> models.QuerySet[Any]:
        return self._model._default_manager.using(self._connection.alias).filter(
            sync_key__in=sorted(keys)
        )

    def _insert(self, rows: Sequence[Row], suffix: str = "") -> None:
        """Insert rows, as many at once as the database takes."""
        values = list(zip(*(self._prepared(f, rows) for f in self._fields.values()), strict=True))
        placeholders = f"({', '.join(['%s'] * len(self._fields))})"
        size = self._connection.ops.bulk_batch_size(list(self._fields.values()), values)
        with self._connection.cursor() as cursor:
            for start in range(0, len(values), size):
                part = values[start : start + size]
                cursor.execute(
                    f"INSERT INTO {self._table} ({self._columns(self._fields)})"  # nosec B608 # our names
                    f" VALUES {', '.join([placeholders] * len(part))} {suffix}",
                    list(chain.from_iterable(part)),
                )

    def _columns(self, names: Iterable[str]) -> str:
        quoted = self._connection.ops.quote_name
        return ", ".join(quoted(str(self._fields[name].column)) for name in names)

    def _prepared(self, field: models.Field[Any, Any], rows: Sequence[Row]) -> list[Any]:
        """Return a column's values as the driver takes them."""
        if type(field) in _DRIVERS_OWN:
            return [getattr(row, field.attname) for row in rows]
        save: Any = field.pre_save
        values = [save(row, add=True) for row in rows]
        return each(lambda value: field.get_db_prep_save(value, self._connection), values)


def each(convert: Callable[[Any], Any], values: Sequence[Any]) -> list[Any]:
    """Convert values, an object that is there several times only once: many a column has few."""
    objects = {id(value): value for value in values}
    converted = {key: convert(value) for key, value in objects.items()}
    return [converted[id(value)] for value in values]


def _in_order(rows: Mapping[str, Row]) -> list[Row]:
    return [rows[key] for key in sorted(rows)]
