"""A schema registry with the part of Confluent's REST interface that its Avro serializers use.

It registers, finds and serves schemas by subject, version and id, in memory. What it doesn't do:
compatibility rules, references, deletion, schema types other than Avro, or reading Avro: a schema
is any JSON text, and the same text is the same schema.
"""

import json
import re
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR
from threading import Lock, Thread
from typing import Any, Self
from urllib.parse import unquote

_MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
_NUMBER = re.compile("[0-9]{1,9}")


class _Refusal(Exception):
    """An answer in Confluent's error shape; the first three digits of its code are the status."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.status = int(str(code)[:3])
        self.body = {"error_code": code, "message": message}


@dataclass
class Schemas:
    """What a registry knows; the id of a schema is its place in ``texts``, counted from 1."""

    texts: list[str] = field(default_factory=list)
    subjects: dict[str, list[int]] = field(default_factory=dict)

    def register(self, subject: str, text: str) -> dict[str, Any]:
        """Give a text its id, the same under every subject, and the subject its next version."""
        if text not in self.texts:
            self.texts.append(text)
        ids = self.subjects.setdefault(subject, [])
        schema_id = self.texts.index(text) + 1
        if schema_id not in ids:
            ids.append(schema_id)
        return {"id": schema_id}

    def look_up(self, subject: str, text: str) -> dict[str, Any]:
        """Find a text among the versions of a subject."""
        for version in self.versions(subject):
            registration = self._registration(subject, version)
            if registration["schema"] == text:
                return registration
        raise _Refusal(40403, "Schema not found")

    def versions(self, subject: str) -> list[int]:
        """Number the versions of a subject, from 1."""
        if subject not in self.subjects:
            raise _Refusal(40401, "Subject not found.")
        return list(range(1, len(self.subjects[subject]) + 1))

    def at_version(self, subject: str, version: str) -> dict[str, Any]:
        """Return a version of a subject; "latest" is its last."""
        versions = self.versions(subject)
        if version != "latest" and not _NUMBER.fullmatch(version):
            raise _Refusal(42202, "The specified version is not a valid version id.")
        number = versions[-1] if version == "latest" else int(version)
        if number not in versions:
            raise _Refusal(40402, "Version not found.")
        return self._registration(subject, number)

    def by_id(self, schema_id: str) -> dict[str, Any]:
        """Return the text of an id."""
        if not _NUMBER.fullmatch(schema_id) or not 1 <= int(schema_id) <= len(self.texts):
            raise _Refusal(40403, "Schema not found")
        return {"schema": self.texts[int(schema_id) - 1]}

    def _registration(self, subject: str, version: int) -> dict[str, Any]:
        schema_id = self.subjects[subject][version - 1]
        text = self.texts[schema_id - 1]
        return {"subject": subject, "version": version, "id": schema_id, "schema": text}


class EmbeddedRegistry:
    """A schema registry on 127.0.0.1 that lives until ``close``.

    With a ``status`` it answers every request with that HTTP status. It comes back after an
    outage as ``EmbeddedRegistry(port=old.port, schemas=old.schemas)``.
    """

    status: int | None = None

    def __init__(self, port: int = 0, schemas: Schemas | None = None) -> None:
        self.schemas = Schemas() if schemas is None else schemas
        self._lock = Lock()
        self._server = _Server(self, port)
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop answering, on open connections too; once is enough, twice does no harm."""
        self._server.shutdown()
        self._server.server_close()
        self._server.drop_connections()
        self._thread.join()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """Return the HTTP status and the JSON value that answer a request."""
        try:
            if self.status is not None:
                raise _Refusal(self.status, "The registry was told to fail.")
            with self._lock:
                return 200, self._route(method, path, body)
        except _Refusal as refusal:
            return refusal.status, refusal.body

    def _route(self, method: str, path: str, body: bytes) -> Any:
        parts = path.partition("?")[0].strip("/").split("/")
        match method, *map(unquote, parts):
            case "GET", "schemas", "ids", schema_id:
                return self.schemas.by_id(schema_id)
            case "GET", "subjects":
                return list(self.schemas.subjects)
            case "GET", "subjects", subject, "versions":
                return self.schemas.versions(subject)
            case "GET", "subjects", subject, "versions", version:
                return self.schemas.at_version(subject, version)
            case "POST", "subjects", subject:
                return self.schemas.look_up(subject, _schema_text(body))
            case "POST", "subjects", subject, "versions":
                return self.schemas.register(subject, _schema_text(body))
        raise _Refusal(404, "HTTP 404 Not Found")


def _schema_text(body: bytes) -> str:
    """Take the schema out of a request, refusing what isn't one."""
    match _from_json(body):
        case {"schema": str(text), **rest} if rest.get("schemaType", "AVRO") == "AVRO":
            _from_json(text)
            return text
    raise _Refusal(42201, "Invalid schema")


def _from_json(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _Refusal(42201, "Invalid schema") from error


class _Server(ThreadingHTTPServer):
    """Knows its open connections, for a thread would go on answering on its own after ``close``."""

    def __init__(self, registry: EmbeddedRegistry, port: int) -> None:
        self.registry = registry
        self._connections: set[Any] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent about clients that hung up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not _NUMBER.fullmatch(length):
            self.send_error(400)
            return
        body = self.rfile.read(int(length))
        self._send(*self.server.registry.answer(self.command, self.path, body))

    do_POST = do_GET

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what isn't HTTP, or a method that nothing here has, in Confluent's shape too."""
        self.close_connection = True
        self._send(code, {"error_code": code, "message": message or f"HTTP {code}"})

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: the clients say what went wrong."""

    def _send(self, status: int, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", _MEDIA_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
