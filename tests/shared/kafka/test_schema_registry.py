"""A schema registry that fails in every way is waited for, and asked no more than needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from openedx_events.learning.signals import PERSISTENT_GRADE_SUMMARY_CHANGED

from shared.conf import get_settings
from shared.embedded import EmbeddedRegistry
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.exceptions import FatalError, TransientError, UndecodableMessage
from shared.kafka.decoding import Decoder
from shared.messages import NO_PARTITION, Message
from shared.testing import make_event
from shared.testing.factories.learning import CourseGradeFactory, PersistentCourseGradeFactory
from tests.wire import Wire, running_wire, with_header


class Registry(EmbeddedRegistry):
    """Counts what it is asked for, and can give another answer to it."""

    instead: tuple[int, Any] | None = None

    def __init__(self, **kwargs: Any) -> None:
        self.asked: list[str] = []
        super().__init__(**kwargs)

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """Answer as said for schemas by id, properly for everything else."""
        if method == "GET":
            self.asked.append(path)
            if self.instead is not None:
                return self.instead
        return super().answer(method, path, body)


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    """What a producer writes; its messages stay readable in any registry with its schemas."""
    with running_wire() as running:
        yield running


@pytest.fixture
def registry(wire: Wire) -> Iterator[Registry]:
    """Another registry with the same schemas."""
    with Registry(schemas=wire.registry.schemas) as running:
        yield running


@contextmanager
def decoder_of(url: str, timeout: float = 5.0) -> Iterator[Decoder]:
    """Make a decoder with a client as the worker's."""
    with SchemaRegistryClient({"url": url, "timeout": timeout, "max.retries": 0}) as client:
        yield Decoder(client)


@pytest.fixture
def decoder(registry: Registry) -> Iterator[Decoder]:
    """A decoder that knows no schema yet."""
    with decoder_of(registry.url) as made:
        yield made


@pytest.fixture
def message(wire: Wire) -> Message:
    """A message that is as it should be."""
    return wire.message(COURSE_GRADE_CHANGED, grade=CourseGradeFactory())


@contextmanager
def saying(reply: bytes | None) -> Iterator[str]:
    """Answer every request with these bytes and hang up, or not at all."""
    over = Flag()

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            if reply is None:
                over.wait(10)
            else:
                self.request.sendall(reply)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            over.set()
            server.shutdown()
            thread.join()


FAILING = {
    "HTTP 500": (500, {"error_code": 50001, "message": "Error in the backend datastore"}),
    "HTTP 502": (502, "bad gateway"),
    "HTTP 503": (503, []),
    "HTTP 504": (504, None),
    "HTTP 429": (429, {"error_code": 42901, "message": "Too many requests"}),
    "HTTP 408": (408, {}),
    "HTTP 302": (302, {}),
    "HTTP 400": (400, {"error_code": 400, "message": "Bad request"}),
    "a 404 of something before the registry": (404, "default backend"),
    "a 404 of another address": (404, {"error_code": 404, "message": "HTTP 404 Not Found"}),
    "null": (200, None),
    "a list": (200, []),
    "a text": (200, "schema"),
    "a number": (200, 4711),
    "an object without a schema": (200, {}),
    "a schema that is null": (200, {"schema": None}),
    "a schema that is a number": (200, {"schema": 4711}),
    "a schema that is a list": (200, {"schema": ["long"]}),
    "a schema that is an object": (200, {"schema": {"type": "long"}}),
    "a schema that is no JSON": (200, {"schema": "<html>"}),
    "a schema that is no Avro": (200, {"schema": '{"status": "ok"}'}),
}


@pytest.mark.parametrize("answer", FAILING.values(), ids=FAILING)
def test_failing_registry_is_waited_for(registry, decoder, message, answer):
    """Nothing is said about the message until the registry answers as it should."""
    registry.instead = answer
    for _ in range(2):
        with pytest.raises(TransientError, match=r"^The schema registry"):
            decoder.decode(message)
    registry.instead = None
    assert decoder.decode(message).message == message


@pytest.mark.parametrize("status", [401, 403])
def test_refusal_is_fatal_with_a_hint(registry, decoder, message, status):
    """Only a person can give us other credentials."""
    registry.instead = (status, {"error_code": status, "message": "no"})
    with pytest.raises(FatalError, match=f"HTTP {status}") as raised:
        decoder.decode(message)
    assert "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_API_KEY" in raised.value.hint


def test_missing_schema_is_poison_until_it_is_there(wire, registry, decoder, message):
    """What the registry doesn't have is not remembered as missing."""
    registry.instead = (404, {"error_code": 40403, "message": "Schema not found"})
    with pytest.raises(UndecodableMessage, match=r"^value: the registry has no schema \d+$"):
        decoder.decode(message)
    registry.instead = None
    assert decoder.decode(message).message == message


def test_schema_that_stays_unreadable_is_poison_until_it_is_mended(registry, decoder, message):
    """Nothing of it is remembered, so the next event with that schema is read."""
    registry.instead = (200, {"schema": '{"type": "object"}'})
    for _ in range(get_settings().isolate_after_attempts - 1):
        with pytest.raises(TransientError):
            decoder.decode(message)
    with pytest.raises(UndecodableMessage, match=r"^value: schema \d+ .* is no Avro schema$"):
        decoder.decode(message)
    registry.instead = None
    assert decoder.decode(message).message == message


def test_impossible_id_is_not_asked_for(registry, decoder, message):
    """A registry's ids are positive 32-bit numbers; for others it has no answer of its own."""
    with pytest.raises(UndecodableMessage, match="no registry has a schema 2147483648"):
        decoder.decode(replace(message, value=b"\0\x80\0\0\0" + message.value[5:]))
    assert registry.asked == []


def test_each_schema_is_fetched_once(wire, registry, decoder):
    """Two schemas take two requests, whatever the number of messages."""
    for _ in range(3):
        grade, summary = CourseGradeFactory(), PersistentCourseGradeFactory()
        decoder.decode(wire.message(COURSE_GRADE_CHANGED, grade=grade))
        decoder.decode(wire.message(PERSISTENT_GRADE_SUMMARY_CHANGED, grade=summary))
    assert len(registry.asked) == len(set(registry.asked)) == 2


def test_known_schemas_outlive_the_registry(registry, decoder, message):
    """A registry that is down is missed only for schemas that nobody asked for yet."""
    decoder.decode(message)
    registry.instead = (500, {})
    assert decoder.decode(message).message == message


def test_registry_that_is_down_is_waited_for(registry, decoder, message):
    """A refused connection is the registry's trouble; it goes on when the registry is back."""
    registry.close()
    with pytest.raises(TransientError, match=r"ConnectError"):
        decoder.decode(message)
    with Registry(port=registry.port, schemas=registry.schemas):
        assert decoder.decode(message).message == message


REPLIES = {
    "nothing": b"",
    "no HTTP": b"hello\r\n\r\n",
    "a body cut short": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
    "a body that is no JSON": b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
    "a body that isn't UTF-8": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\xfe",
    "no body": b"HTTP/1.1 204 No Content\r\n\r\n",
    "silence": None,
}


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_garbled_answer_is_waited_out(message, reply):
    """Whatever is at the address, it is no schema registry for now."""
    with (
        saying(reply) as url,
        decoder_of(url, timeout=0.2) as decoder,
        pytest.raises(TransientError, match=r"^The schema registry"),
    ):
        decoder.decode(message)


def test_headers_are_looked_at_before_the_registry(registry, decoder, message):
    """A message that its headers condemn costs no request."""
    with pytest.raises(UndecodableMessage, match="header ce_time"):
        decoder.decode(with_header(message, "ce_time"))
    assert registry.asked == []


def test_event_of_the_signal_carrier_needs_no_registry(registry, decoder):
    """What was stored without a broker was encoded by this process, without a schema id."""
    event = make_event(
        COURSE_GRADE_CHANGED, partition=NO_PARTITION, topic="", grade=CourseGradeFactory()
    )
    assert decoder.decode(event.message) == event
    assert registry.asked == []
