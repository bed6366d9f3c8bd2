"""Failures for the tests of the core."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError


@pytest.fixture
def locked(tmp_path: Path) -> Callable[[], Exception]:
    """Return what makes Django's error for a database that another process has locked."""
    file = tmp_path / "locked.sqlite3"
    first, second = (sqlite3.connect(file, timeout=0, isolation_level=None) for _ in range(2))
    first.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError, match="database is locked") as raised:
        second.execute("BEGIN EXCLUSIVE")
    first.close()
    second.close()

    def make() -> Exception:
        error = OperationalError(*raised.value.args)
        error.__cause__ = raised.value
        return error

    return make


@pytest.fixture
def fails_for(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what makes the books' destination raise for some titles, if there is an error."""
    from tests.testapp import room as testapp

    write = testapp.write_books

    def fail(make_error: Callable[[], Exception | None], *wanted: str) -> None:
        def write_or_raise(records: Sequence[Any]) -> Any:
            is_wanted = any(item.record.title in wanted for item in records)
            if is_wanted and (error := make_error()):
                raise error
            return write(records)

        monkeypatch.setattr(testapp, "write_books", write_or_raise)

    return fail
