"""A fail-over leaves the worker with a server that only reads: it waits for one that writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.aftermath import assert_flawless
from tests.faults.arena import Arena
from tests.faults.sessions import end_connections
from tests.faults.stream import stream
from tests.services.database import USER, DatabaseServer

SEED = 20261108
READ_ONLY = {"postgresql": "25006", "mariadb": "1290"}
WRITER = "event_sync_writer"


@contextmanager
def read_only(arena: Arena) -> Iterator[None]:
    """Let all who aren't connected yet only read; PostgreSQL does so by connection."""
    if arena.server.name == "postgresql":
        alter = f"ALTER DATABASE {arena.name}"
        on = f"{alter} SET default_transaction_read_only = on"
        off = f"{alter} RESET default_transaction_read_only"
    else:
        on, off = "SET GLOBAL read_only = 1", "SET GLOBAL read_only = 0"
    arena.server.query(on)
    try:
        end_connections(arena)
        yield
    finally:
        arena.server.query(off)


def url_without_privileges(arena: Arena) -> str:
    """Return the URL of the arena's database for a user to whom ``read_only`` applies."""
    url = arena.server.url_of(arena.name)
    if arena.server.name == "postgresql":
        return url
    make_writer(arena.server, arena.name)
    return url.replace(f"//{USER}:", f"//{WRITER}:")


def make_writer(server: DatabaseServer, database: str) -> None:
    """Make a user who may do all in one database and nothing else."""
    server.query(f"CREATE OR REPLACE USER {WRITER}@'%' IDENTIFIED BY '{server.password}'")
    server.query(f"GRANT ALL ON {database}.* TO {WRITER}@'%'")


def test_read_only_for_a_while(arena):
    """It goes on by itself, though its connection would stay read-only for as long as it lives."""
    said = list(stream(SEED, 1_000))
    arena.publish(said[:500])
    worker = arena.start(DATABASE_URL=url_without_privileges(arena))
    assert arena.drain(), worker.tail
    with read_only(arena):
        arena.publish(said[500:])
        worker.wait_for(rf"batch\.waiting .*attempt=2 .*\({READ_ONLY[arena.server.name]}\)")
    assert_flawless(arena)
