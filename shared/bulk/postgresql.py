"""PostgreSQL's quickest form: a statement's rows come as one array for each column.

An array travels as one text, whatever its length, so that neither side handles values one by one
more than it must. Insert and update are statements of their own: an update then needs no columns
but those that change, and none of the sequence's numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from operator import attrgetter
from re import sub
from typing import Any

from django.db import DataError, models

from shared.bulk.rows import NUMBERS, STAMPS, TEXTS, Row, Rows, convert_each

# PostgreSQL reads their values as Python writes them; what isn't one, a field's own rules find.
_CHECKED = (models.DecimalField, models.DateTimeField, models.UUIDField)
_UNBOUNDED = {"char": "bpchar", "character": "bpchar", "bit": "varbit"}
"""Types whose bare name has the length 1, and what they are without."""


class PostgreSQLRows(Rows):
    """The rows of a model in PostgreSQL. Not for a model with a column of arrays.

    ``unnest`` would take those apart as well.
    """

    def lock(self, keys: Collection[str], without: Collection[str] = ()) -> dict[str, Row]:
        """Lock and read the rows of these keys, in their order, without what isn't asked for."""
        self._require_transaction()
        if not keys:
            return {}
        names = [name for name in self._fields if name not in (*STAMPS, *without)]
        with self._connection.cursor() as cursor:
            # A child's insert locks the key of its parent, which no event changes.
            cursor.execute(
                f"SELECT {self._columns(names)} FROM {self._table}"  # nosec B608 # our names
                " WHERE sync_key = ANY(%s::text[]) ORDER BY sync_key FOR NO KEY UPDATE",
                [array_of(sorted(keys))],
            )
            columns = list(zip(*cursor.fetchall(), strict=True))
        converted = map(self._converted, names, columns)
        rows = [Row(**dict(zip(names, row, strict=True))) for row in zip(*converted, strict=True)]
        return {row.sync_key: row for row in rows}

    def insert(self, rows: Mapping[str, Row]) -> set[str]:
        """Insert rows, but those that are there already; return the keys of these.

        Above READ COMMITTED one that our snapshot doesn't have ends as a serialization failure.
        """
        appeared: set[str] = set()
        for alike in self._alike(rows) if rows else ():
            names = self._given(next(iter(alike.values())))
            with self._connection.cursor() as cursor:
                cursor.execute(
                    f"INSERT INTO {self._table} ({self._columns(names)})"  # nosec B608 # our names
                    f" SELECT * FROM {self._unnested(names)}"
                    " ON CONFLICT (sync_key) DO NOTHING RETURNING sync_key",
                    self._arrays(names, alike),
                )
                appeared |= alike.keys() - {key for (key,) in cursor.fetchall()}
        return appeared

    def write(self, rows: Mapping[str, Row], names: Sequence[str]) -> None:
        """Write these columns of rows that are there and locked."""
        if not rows:
            return
        columns = [self._columns([name]) for name in names]
        with self._connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {self._table}"  # nosec B608 # our names
                f" SET {', '.join(f'{column} = new.{column}' for column in columns)}"
                f" FROM {self._unnested(['sync_key', *names])}"
                f" AS new (sync_key, {', '.join(columns)})"
                f" WHERE {self._table}.sync_key = new.sync_key",
                self._arrays(["sync_key", *names], rows),
            )

    def _unnested(self, names: Iterable[str]) -> str:
        types = [_without_length(self._fields[name].db_type(self._connection)) for name in names]
        return f"unnest({', '.join(f'%s::{type_}[]' for type_ in types)})"

    def _arrays(self, names: Iterable[str], rows: Mapping[str, Row]) -> list[Any]:
        ordered = [rows[key] for key in sorted(rows)]
        return [self._array(self._fields[name], ordered) for name in names]

    def _converted(self, name: str, values: Iterable[Any]) -> Iterable[Any]:
        """Return a column's values as its field has them."""
        column: Any = self._fields[name].get_col(self._model._meta.db_table)
        for convert in column.get_db_converters(self._connection):
            values = [convert(value, column, self._connection) for value in values]
        return values

    def _array(self, field: models.Field[Any, Any], rows: Sequence[Row]) -> Any:
        """Return a column as one parameter: an array's text, or a list for the driver to write."""
        values = list(map(attrgetter(field.attname), rows))
        if type(field) in TEXTS:
            with suppress(TypeError):  # of what is no text the field's own rules make one
                return array_of(values)
            return array_of([_text_of(field.get_prep_value(value)) for value in values])
        if type(field) in NUMBERS:
            own = bool if type(field) is models.BooleanField else int
            return array_of(
                [
                    str(value) if type(value) is own else _text_of(field.get_prep_value(value))
                    for value in values
                ]
            )
        sets_itself = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
        if type(field) in _CHECKED and not sets_itself:
            return array_of(
                convert_each(lambda value: _text_of(field.get_prep_value(value)), values)
            )
        return self._prepared(field, rows)


def _without_length(type_: object) -> str:
    """Return a type that takes any length: a cast to one with less cuts off without a word."""
    name = sub(r"\([^)]*\)", "", str(type_))
    return _UNBOUNDED.get(name, name)


def _text_of(value: Any) -> str | None:
    return None if value is None else str(value)


def array_of(texts: Sequence[str | None]) -> str:
    """Return PostgreSQL's text for an array of texts; ``None`` is NULL.

    Raises ``DataError`` for what PostgreSQL can't store.
    """
    present = [text for text in texts if text is not None]
    # NUL is in no text that can be stored: it keeps them apart while all are escaped at once.
    joined = "\0".join(present)
    if joined.count("\0") >= len(present) > 0:
        raise DataError("A text contains a NUL character.")
    if len(present) < len(texts) or not texts:
        quoted = ["NULL" if text is None else f'"{_escaped(text)}"' for text in texts]
        return f"{{{','.join(quoted)}}}"
    inner = _escaped(joined).replace("\0", '","')
    return f'{{"{inner}"}}'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
