"""The contestant that posts: a WSGI server with the view, and a client that calls it per grade."""

from __future__ import annotations

import sys
from pathlib import Path
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import urlopen

from tests.benchmark.contestants import Contestant
from tests.benchmark.stream import Stream
from tests.benchmark.usage import Usage, peak_of_family
from tests.processes import Process
from tests.services.ports import free_ports
from tests.services.server import HOST

_PATIENCE = 60.0
# One thread for the one client, and a connection that is kept, which Gunicorn's default workers
# would close after each answer.
_GUNICORN = ("-m", "gunicorn", "--worker-class", "gthread", "--threads", "1", "--keep-alive", "75")
_APPLICATION = "tests.benchmark.rest.wsgi:application"


class Posting:
    """A server and a client of the REST path."""

    def __init__(self, contestant: Contestant, environment: dict[str, str], folder: Path) -> None:
        self.name = contestant.name
        (port,) = free_ports(1)
        self._address = f"{HOST}:{port}"
        self._environment = environment | contestant.environment
        self._folder = folder
        self._program = contestant.program
        self._processes: list[Process] = []

    @property
    def tail(self) -> str:
        """The ends of what server and client have printed."""
        return "\n".join(process.tail for process in self._processes)

    def start(self, workers: int = 1) -> None:
        """Start the server."""
        command = ["--workers", str(workers), "--bind", self._address, _APPLICATION]
        self._start(command, "server", (sys.executable, *_GUNICORN))

    @property
    def _server(self) -> Process:
        return self._processes[0]

    @property
    def _client(self) -> Process:
        return self._processes[1]

    def warm_up(self) -> None:
        """Wait for the server; the client warms it up by itself."""
        until = monotonic() + _PATIENCE
        while not self._answers():
            if monotonic() > until or self._server.has_ended:
                raise RuntimeError(f"{self.name} doesn't start.\n{self.tail}")
            sleep(0.1)

    def line_up(self, stream: Stream) -> None:
        """Start the client, which makes the same stream and stops itself before the first grade."""
        arguments = [
            f"http://{self._address}/grades/",
            *map(str, (stream.count, stream.learners, stream.start.isoformat())),
        ]
        self._start(arguments, "client", self._program)
        self._client.wait_for("^ready$")
        self._client.freeze()

    def go(self) -> None:
        """Let the client post."""
        self._client.thaw()

    def is_done(self) -> bool:
        """Return whether every grade has been answered as written."""
        if not self._client.has_ended:
            return False
        if self._client.exit_status():
            raise RuntimeError(f"{self.name} was refused.\n{self.tail}")
        return True

    def usage(self) -> Usage:
        """Return what server and client have used; a client that has ended isn't counted."""
        return Usage.of_family(self._server.pid)

    def peak(self) -> int:
        """Return the most memory that a process of the server has held."""
        return peak_of_family(self._server.pid)

    def topic_bytes(self) -> int:
        """There is no topic."""
        return 0

    def close(self) -> None:
        """End both."""
        for process in self._processes:
            process.kill()

    def _start(self, arguments: list[str], name: str, program: tuple[str, ...]) -> None:
        output = self._folder / f"{self._address.replace(':', '-')}-{name}.log"
        self._processes.append(Process(arguments, self._environment, output, manage=program))

    def _answers(self) -> bool:
        try:
            with urlopen(f"http://{self._address}/ready/") as answer:
                return bool(answer.status == 200)
        except (URLError, ConnectionError):
            return False
