"""A worker's own HTTP port: ``/metrics`` for Prometheus, ``/livez`` and ``/readyz`` for probes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from threading import Thread
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

from shared.exceptions import ConfigurationError
from shared.kafka.health import Problems

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Probe = Callable[[], Problems]

_NO_SUCH_PAGE = "404 Not Found"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: probes come every few seconds."""


@contextmanager
def served(port: int, probes: Mapping[str, Probe]) -> Iterator[int]:
    """Serve the metrics and these probes, by path, on all interfaces while the block runs.

    Port 0 is any free one; yields which. Raises ``ConfigurationError`` if the port can't be had.
    """
    try:
        server = make_server(
            "", port, _application(probes), server_class=_Server, handler_class=_QuietHandler
        )
    except (OSError, OverflowError) as error:
        raise ConfigurationError(
            f"Port {port} can't be had: {error}.", hint="Name a free one with --port."
        ) from error
    Thread(target=server.serve_forever, name="endpoint", daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def _application(probes: Mapping[str, Probe]) -> WSGIApplication:
    metrics = make_wsgi_app()

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            answer: Iterable[bytes] = metrics(environ, start_response)
            return answer
        if path not in probes:
            return _answer(start_response, _NO_SUCH_PAGE, {"paths": ["/metrics", *probes]})
        problems = probes[path]()
        status = "503 Service Unavailable" if any(problems.values()) else "200 OK"
        return _answer(start_response, status, {k: v or "ok" for k, v in problems.items()})

    return application


def _answer(start_response: StartResponse, status: str, body: Any) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(body).encode() + b"\n"]
