"""What the database servers have in common: URLs, empty databases, and statements from outside."""

from __future__ import annotations

import os
import subprocess
from abc import abstractmethod
from typing import ClassVar
from urllib.parse import urlencode

from tests.services.server import HOST, Server, ServerError

USER = "event_sync"
DATABASE = "event_sync"


class DatabaseServer(Server):
    """A database server with one account that may do anything, and one empty database."""

    scheme: ClassVar[str]
    url_options: ClassVar[dict[str, str]] = {}
    secret_variable: ClassVar[str]
    quote: ClassVar[str]
    """What is put around a name that is a word of the database's own."""

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{HOST}:{self.port()}"

    @property
    def password(self) -> str:
        """The password of ``USER``."""
        return self._record.secrets["password"]

    @property
    def url(self) -> str:
        """The ``DATABASE_URL`` of the database that is there from the start."""
        return self.url_of(DATABASE)

    def url_of(self, database: str, **options: str) -> str:
        """Return the ``DATABASE_URL`` of a database; ``options`` are those of Django's backend."""
        query = urlencode(self.url_options | options)
        login = f"{USER}:{self.password}@{self.address}"
        return f"{self.scheme}://{login}/{database}" + (f"?{query}" if query else "")

    def make_database(self, name: str) -> str:
        """Make a database, in place of an older one of the name, and return its URL."""
        self.query(f"DROP DATABASE IF EXISTS {name}")
        self.query(f"CREATE DATABASE {name}")
        return self.url_of(name)

    @abstractmethod
    def copy_database(self, source: str, name: str) -> str:
        """Make a database with the tables of another, which nobody uses now; return its URL.

        Their rows may come along or not.
        """

    def query(self, statement: str, database: str | None = None) -> list[tuple[str, ...]]:
        """Run a statement and return its rows as texts; raise ``ServerError`` if it is refused."""
        done = subprocess.run(
            self._client(statement, database or DATABASE),
            env={**os.environ, self.secret_variable: self.password},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise ServerError(f"{self.name} refused a statement: {done.stderr.strip()}")
        return [tuple(line.split("\t")) for line in done.stdout.splitlines()]

    def is_ready(self) -> bool:
        """Return whether it answers a query."""
        try:
            return self.query("SELECT 1") == [("1",)]
        except ServerError:
            return False

    def _run(self, command: list[str], text: str | None = None) -> None:
        """Run a command that makes the data, as the server's account."""
        done = subprocess.run(
            command,
            cwd=self.place,
            input=text or "",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **(self.account.popen if self.account else {}),
        )
        if done.returncode:
            raise ServerError(f"{self.name} couldn't be set up:\n{done.stdout[-2000:]}")

    @abstractmethod
    def _client(self, statement: str, database: str) -> list[str]:
        """Return the command that runs a statement and prints rows with tabs in between."""
