"""A way to a database on which things happen at the one moment that no signal can hit: a commit.

A connection that breaks while a commit is under way leaves the client in doubt whether it took
place. Only what stands between the two can break it exactly then. Of the protocols it knows no more
than how a request to commit ends, which the clients of both databases send in clear text.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from select import select
from threading import Thread
from typing import Self, TypeAlias

from tests.services.server import HOST

# PostgreSQL's and MariaDB's; "READ COMMITTED" is none.
_COMMIT = (b"COMMIT\0", b"\x03COMMIT")
_ENOUGH = 65536


@dataclass(frozen=True)
class Link:
    """A client's connection and the server's, and between them a request to commit."""

    client: socket.socket
    server: socket.socket
    request: bytes

    def forward(self) -> None:
        """Let the server have the request."""
        self.server.sendall(self.request)

    def answer(self) -> None:
        """Let the client have what the server says without having been asked."""
        self.client.sendall(self.server.recv(_ENOUGH))

    def cut(self) -> None:
        """Break both connections."""
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


Fault: TypeAlias = Callable[[Link], None]
"""What happens at a commit, in place of forwarding it."""


def lose_request(link: Link) -> None:
    """Break the connection before the server has heard of the commit: it rolls back."""
    link.cut()


def lose_answer(link: Link) -> None:
    """Break the connection once the server has committed, before the client hears of it."""
    link.forward()
    assert link.server.recv(_ENOUGH), "The server has not answered to a commit."
    link.cut()


class Proxy:
    """Forwards to a server while its block runs; a fault happens at every so many-th commit."""

    def __init__(self, address: str, fault: Fault, *, every: int) -> None:
        host, port = address.split(":")
        self._server = (host, int(port))
        self._fault = fault
        self._every = every
        self._commits = count(1)
        self._listener = socket.create_server((HOST, 0))
        self._links: list[socket.socket] = []
        self.faults = 0
        """How often the fault has happened, without an error of its own."""

    def __enter__(self) -> Self:
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for end in (self._listener, *self._links):
            end.close()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{HOST}:{self._listener.getsockname()[1]}"

    def _accept(self) -> None:
        with suppress(OSError):  # the end of the block closes the listener
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                self._links += [client, server]
                Thread(target=self._forward, args=(client, server), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        """Forward in both directions until one of the two ends breaks."""
        with client, server, suppress(OSError):
            while True:
                for source in select([client, server], [], [])[0]:
                    data = source.recv(_ENOUGH)
                    if not data:
                        return
                    if source is server:
                        client.sendall(data)
                    elif data.endswith(_COMMIT) and next(self._commits) % self._every == 0:
                        self._fault(Link(client, server, data))
                        self.faults += 1
                    else:
                        server.sendall(data)
