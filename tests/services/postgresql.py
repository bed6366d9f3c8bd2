"""PostgreSQL from the system's packages, with data of its own."""

from __future__ import annotations

import shutil
from pathlib import Path
from signal import SIGINT

from tests.services.database import DATABASE, USER, DatabaseServer
from tests.services.processes import Status
from tests.services.server import HOST

INITIALISATION = ("--encoding=UTF8", "--locale=C.UTF-8")
"""What initdb is told; compose.yaml tells it the same."""


class PostgreSQL(DatabaseServer):
    """A PostgreSQL server; ``USER`` is its superuser."""

    name = "postgresql"
    accounts = ("postgres",)
    stop_signal = SIGINT  # SIGTERM waits until the clients have left
    scheme = "postgres"
    secret_variable = "PGPASSWORD"
    quote = '"'

    def start(self) -> None:
        """Start it as any server."""
        if self.status is Status.ENDED:
            # It names the process that was killed; PostgreSQL takes a zombie for a living one.
            Path(self._cluster, "postmaster.pid").unlink(missing_ok=True)
        super().start()

    def copy_database(self, source: str, name: str) -> str:
        """Copy the files."""
        self.query(f"CREATE DATABASE {name} TEMPLATE {source}")
        return self.url_of(name)

    def _initialise(self) -> None:
        cluster, secret = self._cluster, self.place / "password"
        secret.touch(mode=0o600)
        secret.write_text(self.password)
        if self.account:
            self.account.take(secret)
        self._run(
            [
                *(_program("initdb"), "-D", cluster, "-U", USER, *INITIALISATION),
                *("--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync"),
            ]
        )
        secret.unlink()
        settings = {
            "listen_addresses": HOST,
            "port": str(self.port()),
            "unix_socket_directories": "",
            **self.options,
        }
        with Path(cluster, "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        self._run(
            [_program("postgres"), "--single", "-D", cluster, "postgres"],
            f"CREATE DATABASE {DATABASE}\n",
        )

    def _command(self) -> list[str]:
        return [_program("postgres"), "-D", self._cluster]

    def _client(self, statement: str, database: str) -> list[str]:
        connection = ["-h", HOST, "-p", str(self.port()), "-U", USER, "-d", database]
        return [_program("psql"), "-X", "-q", "-A", "-t", "-F", "\t", *connection, "-c", statement]

    @property
    def _cluster(self) -> str:
        return str(self.place / "cluster")


def binaries() -> Path | None:
    """Return the folder of PostgreSQL's newest programs; None where no server is installed."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")  # Debian leaves them off the path
    found = sorted(installed, key=lambda path: int(path.parts[-3]))
    if not found and (elsewhere := shutil.which("initdb")):
        return Path(elsewhere).parent
    return found[-1].parent if found else None


def _program(name: str) -> str:
    folder = binaries()
    return str(folder / name) if folder else name
