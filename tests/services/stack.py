"""The four servers of a checkout, together."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, fields
from itertools import chain
from pathlib import Path
from typing import Self

from tests.services.database import DatabaseServer
from tests.services.folders import FOLDER
from tests.services.kafka import Kafka
from tests.services.mariadb import MariaDB
from tests.services.postgresql import PostgreSQL
from tests.services.processes import Status
from tests.services.registry import Registry
from tests.services.server import Server


class NotRunning(Exception):
    """A server that is needed isn't there; the text says which and what to do."""


@dataclass(frozen=True)
class Services:
    """Handles on one broker, one schema registry and one server of each database."""

    kafka: Kafka
    registry: Registry
    postgresql: PostgreSQL
    mariadb: MariaDB

    @classmethod
    def of(cls, folder: Path = FOLDER) -> Self:
        """Return the handles on the servers of a folder, whether they run or not."""
        return cls(Kafka(folder), Registry(folder), PostgreSQL(folder), MariaDB(folder))

    def __iter__(self) -> Iterator[Server]:
        return (getattr(self, field.name) for field in fields(self))

    @property
    def absent(self) -> list[Server]:
        """The servers that have no process."""
        return [server for server in self if server.status is Status.ENDED]

    def mend(self) -> None:
        """Resume what is paused and start what has ended, all on the data that they have."""
        _each(self, Server.start)

    def environment(self, database: str = "postgresql") -> dict[str, str]:
        """Return the variables by which the reference project uses these servers."""
        server: DatabaseServer = getattr(self, database)
        return {
            "EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap_servers(),
            "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL": self.registry.url,
            "DATABASE_URL": server.url,
        }


def running(folder: Path = FOLDER) -> Services:
    """Return the servers of a set that is up; raise ``NotRunning`` unless all of them are."""
    services = Services.of(folder)
    if absent := services.absent:
        names = ", ".join(server.name for server in absent)
        raise NotRunning(
            f"These servers aren't running: {names}. Hint: make services, or for several processes"
            " of pytest: python -m tests.services start --sets NUMBER"
        )
    return services


def start(sets: Iterable[Services]) -> list[Server]:
    """Make and start the servers that are absent, resume the others; return the former."""
    servers = list(chain.from_iterable(sets))
    absent = [server for server in servers if server.status is Status.ENDED]
    try:
        _each(servers, lambda server: _start_anew(server) if server in absent else server.start())
    except BaseException:
        remove(absent)
        raise
    return absent


def remove(servers: Iterable[Server]) -> None:
    """Stop servers and erase their data; their logs stay."""
    _each(servers, Server.remove)


@contextmanager
def alone(folder: Path = FOLDER) -> Iterator[None]:
    """Let one command at a time start or stop the servers of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # the databases' accounts have to pass
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _start_anew(server: Server) -> None:
    server.create()
    server.start()


def _each(servers: Iterable[Server], act: Callable[[Server], None]) -> None:
    """Do something with all servers side by side; raise the first error once all are through."""
    with ThreadPoolExecutor() as threads:
        doing = [threads.submit(act, server) for server in servers]
    for done in doing:
        done.result()
