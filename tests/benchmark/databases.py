"""The databases that the contestants write to: a fresh one of each kind for each race."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.benchmark.drivers import MARIADB, POSTGRESQL, SQLITE, connect
from tests.benchmark.usage import Usage
from tests.processes import ROOT
from tests.services import Services, record
from tests.services.database import DatabaseServer

SETTINGS_MODULE = "tests.benchmark.settings"
_TEMPLATE = "benchmark_empty"
_RACE = "benchmark"
_PRAGMAS = ("journal_mode", "synchronous")
_VARIABLES = {
    POSTGRESQL: ("fsync", "synchronous_commit", "full_page_writes", "shared_buffers"),
    MARIADB: ("innodb_flush_log_at_trx_commit", "innodb_doublewrite", "innodb_buffer_pool_size"),
}


class Database(ABC):
    """A kind of database."""

    kind: str

    @abstractmethod
    def fresh(self) -> str:
        """Return the URL of a migrated database without rows, in place of the one before."""

    @abstractmethod
    def usage(self) -> Usage:
        """Return what its server has used since it was started."""

    @abstractmethod
    def settings(self) -> dict[str, str]:
        """Return the settings that decide what a commit costs."""


class Served(Database):
    """A database on a server."""

    def __init__(self, server: DatabaseServer) -> None:
        self.kind = server.name
        self.server = server
        self._migrated = cache(lambda: _migrate(server.make_database(_TEMPLATE)))

    def fresh(self) -> str:
        """Copy the migrated one."""
        self._migrated()
        self.server.query(f"DROP DATABASE IF EXISTS {_RACE}")
        url = self.server.copy_database(_TEMPLATE, _RACE)
        if self.kind == POSTGRESQL:
            self.server.query("CHECKPOINT")
        return url

    def usage(self) -> Usage:
        """Sum up its processes."""
        known = record.load(self.server.folder / "state.json")
        assert known is not None
        assert known.process is not None
        return Usage.of_family(known.process.pid)

    def settings(self) -> dict[str, str]:
        """Ask the server."""
        if self.kind == POSTGRESQL:
            return {each: self.server.query(f"SHOW {each}")[0][0] for each in _VARIABLES[self.kind]}
        return {each: self.server.query(f"SELECT @@{each}")[0][0] for each in _VARIABLES[self.kind]}

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Let PostgreSQL note when each transaction was committed, and count statements."""
        options = {
            "track_commit_timestamp": "on",
            "shared_preload_libraries": "pg_stat_statements",
        }
        for name, value in options.items():
            self.server.query(f"ALTER SYSTEM SET {name} = {value}")
        self.server.restart()
        try:
            yield
        finally:
            for name in options:
                self.server.query(f"ALTER SYSTEM RESET {name}")
            self.server.restart()


class File(Database):
    """SQLite: the contestant's own process does what a server does elsewhere."""

    kind = SQLITE

    def __init__(self, folder: Path) -> None:
        self._template = folder / "empty.sqlite3"
        self._file = folder / "benchmark.sqlite3"

    def fresh(self) -> str:
        """Copy the migrated file."""
        if not self._template.exists():
            _migrate(f"sqlite:///{self._template}")
            connect(f"sqlite:///{self._template}").execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for left in self._file.parent.glob(f"{self._file.name}*"):
            left.unlink()
        shutil.copy(self._template, self._file)
        return f"sqlite:///{self._file}"

    def usage(self) -> Usage:
        """There is no server."""
        return Usage()

    def settings(self) -> dict[str, str]:
        """Ask as a contestant's connection would."""
        connection = connect(self.fresh())
        return {each: str(connection.execute(f"PRAGMA {each}").fetchone()[0]) for each in _PRAGMAS}


def of(services: Services, folder: Path) -> dict[str, Database]:
    """Return one database of each kind, by its kind."""
    servers = (services.postgresql, services.mariadb)
    return {**{each.name: Served(each) for each in servers}, SQLITE: File(folder)}


def _migrate(url: str) -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": SETTINGS_MODULE, "DATABASE_URL": url}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
