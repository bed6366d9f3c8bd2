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
from django.db.transaction import TransactionManagementError
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
_DRIVERS_OWN = (str, Position, int, bool, type(None))


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
        self._fields = {f.attname: f for f in fields if not _is_the_databases(f)}
        self._left_out = [name for name, field in self._fields.items() if field.has_db_default()]
        self._defaults = {
            name: field.get_default
            for name, field in self._fields.items()
            if name not in self._left_out
        }
        self.changing = [
            name
            for name, field in self._fields.items()
            if not field.primary_key and name not in ("sync_key", "created")
        ]
        """The columns that may change."""
        self.positions = [n for n in self.changing if isinstance(self._fields[n], PositionField)]

    def new(self, columns: Mapping[str, Any]) -> Row:
        """Return a row that is yet to be inserted: these columns, and defaults for the others.

        A column without value for which the database has a default is left to that.
        """
        if lacking := self._defaults.keys() - columns.keys():
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
        self._require_transaction()
        if not keys:
            return {}
        found = self._having(keys).select_for_update().order_by("sync_key")
        names = [name for name in self._fields if name not in STAMPS]
        rows = [Row(**columns) for columns in found.values(*names)]
        return {row.sync_key: row for row in rows}

    def insert(self, rows: Mapping[str, Row]) -> set[str]:
        """Insert rows, but those that are there already; return the keys of these."""
        there: set[str] = set()
        while new := {key: rows[key] for key in rows.keys() - there}:
            try:
                with transaction.atomic(using=self._connection.alias):
                    for alike in self._alike(new):
                        self._insert(_in_order(alike))
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
            # They are written whole, with any time in the columns that aren't updated.
            stamps = dict.fromkeys(STAMPS, timezone.now())
            self._insert([Row(**{**stamps, **vars(row)}) for row in _in_order(rows)], suffix)

    def _require_transaction(self) -> None:
        """Raise ``TransactionManagementError`` where a lock would be let go at once."""
        if not self._connection.in_atomic_block:
            raise TransactionManagementError("Rows are locked inside a transaction only.")

    def _alike(self, rows: Mapping[str, Row]) -> Collection[Mapping[str, Row]]:
        """Return the rows by what is left to the database in them: most models leave nothing."""
        if not self._left_out:
            return [rows]
        found: dict[tuple[str, ...], dict[str, Row]] = {}
        for key, row in rows.items():
            left = tuple(name for name in self._left_out if name not in vars(row))
            found.setdefault(left, {})[key] = row
        return found.values()

    def _given(self, row: Row) -> list[str]:
        """Return the columns that have a value in a row, and in those that are like it."""
        return [name for name in self._fields if name in vars(row)]

    def _having(self, keys: Collection[str]) -> models.QuerySet[Any]:
        return self._model._default_manager.using(self._connection.alias).filter(
            sync_key__in=sorted(keys)
        )

    def _insert(self, rows: Sequence[Row], suffix: str = "") -> None:
        """Insert rows that are alike, as many at once as the database takes."""
        fields = [self._fields[name] for name in self._given(rows[0])]
        values = list(zip(*(self._prepared(field, rows) for field in fields), strict=True))
        placeholders = f"({', '.join(['%s'] * len(fields))})"
        size = self._connection.ops.bulk_batch_size(fields, values)
        columns = self._columns(field.attname for field in fields)
        with self._connection.cursor() as cursor:
            for start in range(0, len(values), size):
                part = values[start : start + size]
                cursor.execute(
                    f"INSERT INTO {self._table} ({columns})"  # nosec B608 # our names
                    f" VALUES {', '.join([placeholders] * len(part))} {suffix}",
                    list(chain.from_iterable(part)),
                )

    def _columns(self, names: Iterable[str]) -> str:
        quoted = self._connection.ops.quote_name
        return ", ".join(quoted(str(self._fields[name].column)) for name in names)

    def _prepared(self, field: models.Field[Any, Any], rows: Sequence[Row]) -> list[Any]:
        """Return a column's values as the driver takes them."""
        save: Any = field.pre_save
        # A file's would save the file; here it is a name.
        if type(field) in (*TEXTS, *NUMBERS) or isinstance(field, models.FileField):
            values = [getattr(row, field.attname) for row in rows]
            if all(type(value) in _DRIVERS_OWN for value in values):
                return values
        else:
            values = [save(row, add=True) for row in rows]
        return convert_each(lambda value: field.get_db_prep_save(value, self._connection), values)


def convert_each(convert: Callable[[Any], Any], values: Sequence[Any]) -> list[Any]:
    """Convert values, an object that is there several times only once: many a column has few."""
    objects = {id(value): value for value in values}
    converted = {key: convert(value) for key, value in objects.items()}
    return [converted[id(value)] for value in values]


def _is_the_databases(field: models.Field[Any, Any]) -> bool:
    """Return whether the database alone gives a column its values."""
    return isinstance(field, models.AutoField) or bool(getattr(field, "generated", False))


def _in_order(rows: Mapping[str, Row]) -> list[Row]:
    return [rows[key] for key in sorted(rows)]
