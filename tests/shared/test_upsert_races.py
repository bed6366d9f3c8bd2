"""Two workers may meet a new row at the same time; the newer event wins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.db import connection, connections, transaction

from shared.outcomes import Outcome
from shared.upsert import upsert
from tests.rows import NOON, shelf
from tests.testapp.models import Shelf

APPLIED, STALE = Outcome.APPLIED, Outcome.STALE


@pytest.fixture
def connect(transactional_db: None, tmp_path: Path) -> Callable[[], None]:
    """Return what gives a thread a connection of its own to one database.

    The tests' SQLite database is in memory and takes one; here it is a file.
    """

    def to_file() -> None:
        own = connections.create_connection("default")
        own.settings_dict = {**own.settings_dict, "NAME": str(tmp_path / "race.sqlite3")}
        connections["default"] = own

    if connection.vendor != "sqlite":
        return lambda: None

    def make_table() -> None:
        with connections["default"].schema_editor() as editor:
            editor.create_model(Shelf)

    in_threads(to_file, make_table)
    return to_file


def in_threads(connect: Callable[[], None], *actions: Callable[[], None]) -> None:
    """Run actions at the same time, each with a connection of its own; raise what they raise."""
    errors: list[BaseException] = []

    def run(action: Callable[[], None]) -> None:
        connect()
        try:
            action()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error


@contextmanager
def meeting_at_insert(barrier: Barrier) -> Iterator[None]:
    """Let both threads find no row before either inserts one, where two can write at a time."""

    def wait(execute, sql, params, many, context):
        if sql.startswith("INSERT") and not met:
            met.append(barrier.wait())
        return execute(sql, params, many, context)

    met: list[int] = []
    if not connections["default"].features.has_select_for_update:
        yield
        return
    with connections["default"].execute_wrapper(wait):
        yield


def test_two_first_inserts_race(connect):
    """Two workers that both meet new rows first end in one row each, as the newer event says."""
    start, insert = Barrier(2, timeout=10), Barrier(2, timeout=10)
    labels = ["a", "b", "c"]
    found: dict[int, list[Outcome]] = {}
    rows: dict[str, str] = {}

    def work(second: int, labels: Sequence[str]) -> None:
        start.wait()
        with meeting_at_insert(insert), transaction.atomic():
            records = [shelf(label, f"{label}{second}", second) for label in labels]
            found[second] = upsert(Shelf, records, now=NOON)

    def look() -> None:
        rows.update(Shelf.objects.values_list("label", "code"))

    in_threads(connect, lambda: work(1, labels), lambda: work(2, labels[::-1]))
    in_threads(connect, look)
    assert rows == {label: f"{label}2" for label in labels}
    assert found in ({1: [APPLIED] * 3, 2: [APPLIED] * 3}, {1: [STALE] * 3, 2: [APPLIED] * 3})
