"""A stand-in before the real schema registry, for answers that it doesn't give at will."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

from tests.processes import PATIENCE, wait_until
from tests.services.server import HOST

_direct = build_opener(ProxyHandler({}))


@dataclass(frozen=True)
class Answer:
    """An answer as it goes over the wire; ``promised`` is the length that its header tells."""

    status: int
    body: bytes
    content_type: str = "application/json"
    promised: int | None = None


def saying(content: object, status: int = 200) -> Answer:
    """Return an answer that is well-formed JSON."""
    return Answer(status, json.dumps(content).encode())


class Front:
    """Asks the real registry, unless it is told to give another answer ``instead``."""

    def __init__(self, registry_url: str) -> None:
        self._registry_url = registry_url
        self.instead: Answer | None = None
        self.delay = 0.0
        """So many seconds it takes over each answer."""
        self.where: str | None = None
        """The only path for which it does so."""
        self.refused = 0
        """How often it has given the other answer."""
        self.url = ""

    def wait_for_refusals(self, count: int) -> None:
        """Wait until it has given the other answer so many times more."""
        before = self.refused
        wait_until(lambda: self.refused >= before + count, f"{count} more questions")

    def answer(self, path: str) -> Answer:
        """Return what to say to a request."""
        sleep(self.delay)
        if self.instead is not None and self.where in (None, path):
            self.refused += 1
            return self.instead
        try:
            with _direct.open(self._registry_url + path, timeout=PATIENCE) as found:
                return Answer(found.status, found.read())
        except HTTPError as error:
            return Answer(error.code, error.read())


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, front: Front, *arguments: object) -> None:
        self._front = front
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer in the front's name."""
        answer = self._front.answer(self.path)
        length = len(answer.body) if answer.promised is None else answer.promised
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the front counts for itself."""


@contextmanager
def front_of(registry_url: str) -> Iterator[Front]:
    """Run a front of a registry as long as the block."""
    front = Front(registry_url)
    with ThreadingHTTPServer((HOST, 0), partial(_Handler, front)) as server:
        front.url = f"http://{HOST}:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield front
        finally:
            server.shutdown()
            thread.join()
