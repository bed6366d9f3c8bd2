"""Two workers may meet one row at the same time; the newer event wins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier, Thread
from time import sleep

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
def before(statement: str, wait: Callable[[], object]) -> Iterator[None]:
    """Wait once before a kind of statement, where two transactions can write at a time."""

    def wait_once(execute, sql, params, many, context):
        if statement in sql and not waited:
            waited.append(sql)
            wait()
        return execute(sql, params, many, context)

    waited: list[str] = []
    if not connections["default"].features.has_select_for_update:
        yield
        return
    with connections["default"].execute_wrapper(wait_once):
        yield


def test_two_first_inserts_race(connect):
    """Two workers that both meet new rows first end in one row each, as the newer event says."""
    # Both find no row before either inserts one.
    start, insert = Barrier(2, timeout=10), Barrier(2, timeout=10)
    labels = ["a", "b", "c"]
    found: dict[int, list[Outcome]] = {}
    rows: dict[str, str] = {}

    def work(second: int, labels: Sequence[str]) -> None:
        start.wait()
        with before("INSERT", insert.wait), transaction.atomic():
            records = [shelf(label, f"{label}{second}", second) for label in labels]
            found[second] = upsert(Shelf, records, now=NOON)

    def look() -> None:
        rows.update(Shelf.objects.values_list("label", "code"))

    in_threads(connect, lambda: work(1, labels), lambda: work(2, labels[::-1]))
    in_threads(connect, look)
    assert rows == {label: f"{label}2" for label in labels}
    assert found in ({1: [APPLIED] * 3, 2: [APPLIED] * 3}, {1: [STALE] * 3, 2: [APPLIED] * 3})


def test_two_changes_race(connect):
    """Of two workers that change one row, the one that writes last doesn't undo the newer event."""
    start = Barrier(2, timeout=10)
    codes: list[str] = []

    def prepare() -> None:
        Shelf.objects.create(sync_key="a", label="a", code="old")

    def work(second: int) -> None:
        # Without its lock the older event would be judged by the row as it was, and written last.
        delay = 0.2 if second == 1 else 0
        start.wait()
        with before("INSERT", lambda: sleep(delay)), transaction.atomic():
            upsert(Shelf, [shelf("a", f"at {second}", second)], now=NOON)

    def look() -> None:
        codes.extend(Shelf.objects.values_list("code", flat=True))

    in_threads(connect, prepare)
    in_threads(connect, lambda: work(1), lambda: work(2))
    in_threads(connect, look)
    assert codes == ["at 2"]
