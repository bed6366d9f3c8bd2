"""Columns that every database compares alike."""

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
