"""MariaDB from the system's packages, with data of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.services.database import DATABASE, USER, DatabaseServer
from tests.services.server import HOST

SETTINGS = {
    "character-set-server": "utf8mb4",
    "collation-server": "utf8mb4_unicode_ci",
    "sql-mode": (
        "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION"
    ),
}
"""The settings that don't depend on where it runs; compose.yaml has the same."""

PROGRAMS = ("mariadbd", "mariadb-install-db", "mariadb")


class MariaDB(DatabaseServer):
    """A MariaDB server in strict mode, in which texts are compared without case."""

    name = "mariadb"
    accounts = ("mysql",)
    scheme = "mysql"
    secret_variable = "MYSQL_PWD"
    quote = "`"
    url_options = {"charset": "utf8mb4"}

    def copy_database(self, source: str, name: str) -> str:
        """Say again what makes the tables."""
        url = self.make_database(name)
        tables = [table for (table,) in self.query("SHOW TABLES", source)]
        made = [self.query(f"SHOW CREATE TABLE {table}", source)[0][1] for table in tables]
        statements = ["SET foreign_key_checks = 0", *(text.replace("\\n", " ") for text in made)]
        self.query("; ".join(statements), name)
        return url

    def _initialise(self) -> None:
        account = self.account
        settings = {
            "datadir": str(self.place / "cluster"),
            "port": str(self.port()),
            "bind-address": HOST,
            "skip-name-resolve": "1",
            # In the abstract namespace, where the depth of the checkout doesn't matter.
            "socket": f"@services-mariadb-{self.port()}",
            "pid-file": str(self.place / "mariadb.pid"),
            "init-file": str(self.place / "accounts.sql"),
            **SETTINGS,
            **self.options,
        }
        lines = [f"{name}={value}\n" for name, value in settings.items()]
        self._write("my.cnf", "[mariadbd]\n" + "".join(lines))
        self._write(
            "accounts.sql",
            f"CREATE DATABASE IF NOT EXISTS {DATABASE};\n"
            f"CREATE USER IF NOT EXISTS {USER}@'%' IDENTIFIED BY '{self.password}';\n"
            f"GRANT ALL ON *.* TO {USER}@'%' WITH GRANT OPTION;\n",
        )
        self._run(
            [
                *(program("mariadb-install-db"), self._defaults, "--skip-test-db"),
                "--auth-root-authentication-method=socket",
                *([f"--auth-root-socket-user={account.name}"] if account else []),
            ]
        )

    def _command(self) -> list[str]:
        return [program("mariadbd"), self._defaults]

    def _client(self, statement: str, database: str) -> list[str]:
        connection = ["-h", HOST, "-P", str(self.port()), "-u", USER, "-D", database]
        return [program("mariadb"), "--no-defaults", "-N", "-B", *connection, "-e", statement]

    @property
    def _defaults(self) -> str:
        return f"--defaults-file={self.place / 'my.cnf'}"

    def _write(self, name: str, text: str) -> None:
        file = self.place / name
        file.touch(mode=0o600)
        file.write_text(text)
        if self.account:
            self.account.take(file)


def program(name: str) -> str:
    """Return where a program is; its name where it isn't."""
    found = shutil.which(name)
    beyond = Path("/usr/sbin") / name  # not on everybody's path
    return found or (str(beyond) if beyond.exists() else name)
