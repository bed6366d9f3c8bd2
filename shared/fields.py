"""Columns of texts: one that every database compares alike, one that costs a row one index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    # Django's own field classes take no parameters at run time.
    _CharField = models.CharField[str, str]
else:
    _CharField = models.CharField


class ExactCharField(_CharField):
    """A text of which another is equal only if it is the same, character for character.

    The usual collations of MySQL and MariaDB take a letter with an accent for the one without, so
    that a unique index would refuse a row whose key is another one.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        """Return the column's type, with a binary collation where the usual one isn't."""
        parameters: Any = super().db_parameters(connection)
        if connection.vendor == "mysql":
            parameters["collation"] = "utf8mb4_bin"
        return parameters


class KeyField(_CharField):
    """A unique text that is only ever looked up whole.

    For a ``varchar`` PostgreSQL's backend makes a second index, for texts that begin alike, which
    every new row would have to be put into. It knows the type by its short name alone.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 255, "unique": True, "editable": False, **kwargs})

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        """Return the column's type, by the name that the standard has for it."""
        name = super().db_type(connection)
        if connection.vendor == "postgresql" and name:
            return name.replace("varchar", "character varying")
        return name
