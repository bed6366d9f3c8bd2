"""Database connections in a process that lives for months; Django tends them between requests."""

from __future__ import annotations

from django.db import connection, connections

from shared.exceptions import FatalError, TransientError
from shared.reactions import Reaction, describe, failed, reaction_to


def refresh(*, is_retry: bool = False) -> None:
    """Let go of connections that are gone, so that the next query opens new ones.

    For a retry of all: after a fail-over one that works may lead to a server that only reads.
    """
    for each in connections.all(initialized_only=True):
        # MySQL's backend can't be asked whether a connection is usable that was never opened.
        is_open = each.connection is not None
        if is_open and not each.in_atomic_block and (is_retry or not each.is_usable()):
            each.close()


def require() -> None:
    """Raise ``TransientError`` unless the database can be had."""
    refresh()
    try:
        connection.ensure_connection()
    except Exception as error:
        raise meaning_of(error) from error


def meaning_of(error: Exception) -> TransientError | FatalError:
    """Return what a failure of the database comes to outside a batch."""
    if reaction_to(error) is Reaction.RETRY:
        return TransientError(failed(error))
    return FatalError(
        f"The database refused a query: {describe(error)}.",
        hint="Are the migrations applied, and its name, user and password right?",
    )
