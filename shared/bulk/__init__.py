"""The rows of a model, many at a time, in the form that their database is quickest with."""

from __future__ import annotations

from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper

from shared.bulk.postgresql import PostgreSQLRows
from shared.bulk.rows import Row, Rows
from shared.ordering import SyncedModel

__all__ = ["Row", "Rows", "rows_of"]


def rows_of(model: type[SyncedModel]) -> Rows:
    """Return the rows of a model, where this thread writes them."""
    connection = connections[router.db_for_write(model)]
    if connection.vendor == "postgresql" and not _has_arrays(model, connection):
        return PostgreSQLRows(model, connection)
    return Rows(model, connection)


def _has_arrays(model: type[SyncedModel], connection: BaseDatabaseWrapper) -> bool:
    types = (field.db_type(connection) for field in model._meta.concrete_fields)
    return any(str(type_).endswith("]") for type_ in types)
