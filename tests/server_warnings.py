"""Warnings of MariaDB and MySQL as errors: their driver makes no Python warnings of them any more.

Course Discovery's production has them as errors. What one says is often that bad data was stored.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection


def server_warnings_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every statement after which the server warns fail the test, in whatever thread."""
    if connection.vendor != "mysql":
        return
    from django.db.backends.mysql.base import CursorWrapper

    for name in ("execute", "executemany"):
        monkeypatch.setattr(CursorWrapper, name, _checked(getattr(CursorWrapper, name)))


def _checked(run: Any) -> Any:
    def run_and_look(wrapper: Any, query: str, *args: Any) -> Any:
        result = run(wrapper, query, *args)
        database = wrapper.cursor.connection
        if database.warning_count():
            warnings = [text for level, _, text in database.show_warnings() if level != "Note"]
            if warnings:
                # No ``Exception``: what settles a batch would take it for an event's poison.
                pytest.fail(f"The server warns {warnings} after {query[:200]}", pytrace=False)
        return result

    return run_and_look
