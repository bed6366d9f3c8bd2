"""The database has no space left: the worker waits until somebody has made some."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import pytest

from tests.faults.aftermath import assert_flawless
from tests.faults.arena import Arena
from tests.faults.stream import stream
from tests.services import ServerError, Services
from tests.services.mariadb import MariaDB

SEED = 20261107
ONE_FILE = {"innodb_data_file_path": "ibdata1:24M", "innodb_file_per_table": "0"}
"""All tables in one file that doesn't grow."""
FILL = {
    "postgresql": "INSERT INTO filler SELECT n::text FROM generate_series(1, 100 * {}) AS n",
    "mariadb": "INSERT INTO filler SELECT repeat('x', 5000) FROM seq_1_to_{}",
}
FULL = {"postgresql": "53100", "mariadb": "1114"}
SAY_FULL = (
    "CREATE FUNCTION say_full() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE 'could not extend file' USING ERRCODE = '53100'; END $$",
    "CREATE TRIGGER say_full BEFORE INSERT ON testapp_book EXECUTE FUNCTION say_full()",
)


@pytest.fixture
def small_tablespace(services: Services) -> Iterator[str]:
    """A tablespace of PostgreSQL's on a small file system, where we may mount one."""
    place = services.postgresql.place / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32M", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True).returncode:
        place.rmdir()
        pytest.skip("A small file system can't be mounted here; that takes root and a capability.")
    try:
        if account := services.postgresql.account:
            account.take(place)
        services.postgresql.query(f"CREATE TABLESPACE small LOCATION '{place}'")
        yield "small"
        services.postgresql.query("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
        place.rmdir()


def fill_up(arena: Arena) -> None:
    """Take all space that is left, in large steps and then in small ones."""
    arena.query("CREATE TABLE filler (content text)")
    for rows in (1000, 100, 1):
        with suppress(ServerError):
            while True:
                arena.query(FILL[arena.server.name].format(rows))


def wait_while_full(arena: Arena, make_space: Callable[[], object]) -> None:
    """Let a worker try more often than it takes to suspect an event; then let it go on."""
    arena.publish(stream(SEED, 2_000))
    worker = arena.start(EVENT_SYNC={"ISOLATE_AFTER_ATTEMPTS": 2})
    worker.wait_for(rf"batch\.waiting .*attempt=5 .*\({FULL[arena.server.name]}\)")
    make_space()


def test_table_space_of_mariadb_is_full(services, tmp_path):
    """The batch is settled when rows of others have been deleted."""
    with MariaDB(tmp_path, ONE_FILE) as server, closing(Arena(services, server, tmp_path)) as arena:
        fill_up(arena)
        wait_while_full(arena, lambda: arena.query("DROP TABLE filler"))
        assert_flawless(arena)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_file_system_of_postgresql_is_full(small_tablespace, arena):
    """The batch is settled when files of others have been deleted."""
    arena.server.query(f"ALTER DATABASE {arena.name} SET TABLESPACE {small_tablespace}")
    fill_up(arena)
    wait_while_full(arena, lambda: arena.query("DROP TABLE filler"))
    assert_flawless(arena)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_postgresql_says_that_its_disk_is_full(arena):
    """A trigger stands in for the disk, for a small one can't be had everywhere."""
    for statement in SAY_FULL:
        arena.query(statement)
    wait_while_full(arena, lambda: arena.query("DROP TRIGGER say_full ON testapp_book"))
    assert_flawless(arena)
