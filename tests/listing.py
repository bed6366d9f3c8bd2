"""A service with a listing of rows, on a port of this machine: real HTTP, with faults to order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from time import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY, SECRET, TOKEN = "tests-key", "tests-secret", "tests-token"

Fault = Callable[["Handler"], None]
"""Answers a request instead of the listing."""


class Listing:
    """Pages of rows; ``faults`` has, by page, what is answered first. ``asked`` has the pages."""

    def __init__(self, pages: Sequence[Sequence[Any]], *, is_nested: bool = False) -> None:
        self.pages = pages
        self.is_nested = is_nested
        self.faults: dict[int, list[Fault]] = {}
        self.asked: list[int] = []
        self.next_pages: dict[int, int] = {}
        self.clock_ahead = 0.0
        self.has_ended = Event()
        self.url = ""

    def body(self, page: int) -> Any:
        """Return a page as the LMS (nested) or Django REST framework has it."""
        following = self.next_pages.get(page, page + 1)
        is_last = page >= len(self.pages) and page not in self.next_pages
        # Behind a proxy a service may not know its own address.
        next_url = None if is_last else f"http://inside.invalid/rows/?page={following}"
        paging = {"next": next_url, "count": sum(map(len, self.pages))}
        rows = {"results": self.pages[page - 1]}
        return rows | ({"pagination": paging} if self.is_nested else paging)


class Server(ThreadingHTTPServer):
    """Knows the listing that it serves."""

    listing: Listing


class Handler(BaseHTTPRequestHandler):
    """Gives a token for the account, and pages for the token."""

    server: Server

    def do_POST(self) -> None:
        """Give a token."""
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        said = {name: values[0] for name, values in parse_qs(text).items()}
        if (said["client_id"], said["client_secret"]) != (KEY, SECRET):
            self.answer(401, {})
        else:
            self.answer(200, {"access_token": TOKEN, "expires_in": 3600})

    def do_GET(self) -> None:
        """Give a page, or what was ordered in its place."""
        listing = self.server.listing
        page = int(parse_qs(urlsplit(self.path).query).get("page", ["1"])[0])
        listing.asked.append(page)
        if faults := listing.faults.get(page):
            faults.pop(0)(self)
        elif self.headers.get("Authorization") != f"JWT {TOKEN}":
            self.answer(401, {})
        else:
            self.answer(200, listing.body(page))

    def answer(self, status: int, body: Any, **headers: str) -> None:
        """Send a response."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response_only(status)
        ahead = self.server.listing.clock_ahead
        for name, value in {"Date": formatdate(time() + ahead, usegmt=True), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""


def answers(status: int, body: Any = b"", **headers: str) -> Fault:
    """Return a fault: another answer."""
    return lambda handler: handler.answer(status, body, **headers)


def hangs(handler: Handler) -> None:
    """Answer nothing for as long as the listing is there."""
    handler.server.listing.has_ended.wait()


def breaks_off(handler: Handler) -> None:
    """Begin a body and end the connection."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"results": [')


@contextmanager
def served(listing: Listing) -> Iterator[Listing]:
    """Serve a listing for the length of a block."""
    server = Server(("127.0.0.1", 0), Handler)
    server.listing = listing
    listing.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield listing
    finally:
        listing.has_ended.set()
        server.shutdown()
        thread.join()
        server.server_close()
