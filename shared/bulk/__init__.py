"""The rows of a model, many at a time, in the form that their database is quickest with."""

from __future__ import annotations

from django.db import connections, router

from shared.bulk.postgresql import PostgreSQLRows
from shared.bulk.rows import Row, Rows
from shared.ordering import SyncedModel

__all__ = ["Row", "Rows", "rows_of"]


def rows_of(model: type[SyncedModel]) -> Rows:
    """Return the rows of a model, where this thread writes them."""
    connection = connections[router.db_for_write(model)]
    form = PostgreSQLRows if connection.vendor == "postgresql" else Rows
    return form(model, connection)
