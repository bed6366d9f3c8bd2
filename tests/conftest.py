"""What the tests share: the tests' room, threads with connections of their own, no warnings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.consumer import Room
from shared.testing import registered
from tests.server_warnings import server_warnings_fail
from tests.threads import Threads


@pytest.fixture
def library() -> Iterator[Room]:
    """The tests' room, registered."""
    from tests.testapp.room import BOOKS, ROOM, SHELVES

    with registered(ROOM, SHELVES, BOOKS) as room:
        yield room


@pytest.fixture
def threads(transactional_db: None, tmp_path: Path) -> Threads:
    """Threads that share one database, each with a connection of its own."""
    return Threads(tmp_path)


@pytest.fixture
def two_can_write() -> None:
    """Two transactions that can write at a time."""
    from django.db import connection

    if connection.vendor == "sqlite":
        pytest.skip(ONE_WRITES)


ONE_WRITES = "SQLite lets one transaction write at a time."


@pytest.fixture(autouse=True)
def warnings_of_servers_are_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement after which MariaDB or MySQL warns fails its test."""
    server_warnings_fail(monkeypatch)
