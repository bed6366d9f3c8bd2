"""What others do in a database beside the worker: lock its rows, end its connections."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from typing import Any

from tests.faults.arena import Arena
from tests.services.database import USER
from tests.services.server import HOST, ServerError

_DRIVERS = {"postgresql": ("psycopg", "dbname"), "mariadb": ("MySQLdb", "database")}
"""Driver and its word for a database, by server. Both are there where the servers are."""

_CONNECTIONS = {
    "postgresql": (
        "SELECT 'SELECT pg_terminate_backend(' || pid || ')' FROM pg_stat_activity"
        " WHERE datname = '{}'"
    ),
    "mariadb": (
        "SELECT concat('KILL CONNECTION ', id) FROM information_schema.processlist WHERE db = '{}'"
    ),
}
"""Queries for the statements that end the connections to a database."""

_WAITING = {
    "postgresql": (
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = '{}'"
    ),
    # Its table of transactions is a copy, which isn't renewed while somebody keeps looking.
    "mariadb": (
        "SELECT 1 FROM information_schema.global_status"
        " WHERE variable_name = 'innodb_row_lock_current_waits' AND variable_value > 0"
    ),
}
_GONE = "ERROR 1094"


@contextmanager
def transaction(arena: Arena) -> Iterator[Any]:
    """Yield a cursor of somebody else, whose transaction is rolled back at the end."""
    name, word = _DRIVERS[arena.server.name]
    login = {"host": HOST, "port": arena.server.port(), "user": USER, word: arena.name}
    driver = import_module(name)
    with closing(driver.connect(password=arena.server.password, **login)) as connection:
        yield connection.cursor()


def end_connections(arena: Arena) -> None:
    """Let the server end all connections to the arena's database."""
    for (statement,) in arena.server.query(_CONNECTIONS[arena.server.name].format(arena.name)):
        try:
            arena.server.query(statement)
        except ServerError as error:
            if _GONE not in str(error):  # it ended by itself since it was listed
                raise


def is_waiting(arena: Arena) -> bool:
    """Return whether anybody waits for a lock in the arena's database."""
    return bool(arena.server.query(_WAITING[arena.server.name].format(arena.name)))


def lock(cursor: Any, table: str, key: str) -> None:
    """Lock a row, and no other one, until the transaction's end."""
    cursor.execute(f"SELECT 1 FROM {table} WHERE sync_key = %s FOR UPDATE", (key,))
    assert cursor.fetchall(), f"There is no {key!r} in {table}."


def make_heavy(cursor: Any, arena: Arena) -> None:
    """Let the database roll the other one back if this transaction and another are deadlocked."""
    if arena.server.name == "postgresql":
        # Who finds a deadlock, is rolled back.
        cursor.execute("SET deadlock_timeout = '60s'")
    else:
        # Who has written least, is rolled back.
        arena.server.query("CREATE TABLE weights (number int)", arena.name)
        cursor.execute("INSERT INTO weights SELECT seq FROM seq_1_to_20000")
