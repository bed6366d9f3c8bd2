"""From bytes to event: as openedx-events decodes, and with a registry that fails in every way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event as Flag
from threading import Thread
from typing import Any

import attr
import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from opaque_keys.edx.keys import CourseKey
from openedx_events.event_bus.avro.deserializer import (
    AvroSignalDeserializer,
    deserialize_bytes_to_event_data,
)
from openedx_events.event_bus.avro.schema import schema_from_signal
from openedx_events.learning.signals import PERSISTENT_GRADE_SUMMARY_CHANGED
from openedx_events.tooling import OpenEdxPublicSignal

from shared.embedded import EmbeddedRegistry
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.exceptions import FatalError, TransientError, UndecodableMessage, UnknownEventType
from shared.kafka.decoding import Decoder
from shared.messages import NO_PARTITION, Message
from shared.testing import make_event
from tests.credentials_grades_sync.samples import (
    EDITED_AT,
    CourseFactory,
    CourseGradeFactory,
    PersistentCourseGradeFactory,
)
from tests.wire import TOPIC, Wire, avro, running_wire, with_header


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


class TestLikeOpenedxEvents:
    """Decoding equals openedx-events' own."""

    GRADES: dict[str, dict[str, Any]] = {
        "whole": {},
        "falsy": {
            "percent_grade": 0.0,
            "letter_grade": "",
            "passed": False,
            "attempted": False,
            "verified": False,
            "username": "",
            "user_id": 0,
        },
        "with a deadline": {"deadline": EDITED_AT},
        "naive deadline": {"deadline": datetime(2026, 1, 1)},
        "not ASCII": {"username": "leárner-\U0001f393"},
        "CCX": {"course_key": CourseKey.from_string("ccx-v1:edX+Tests+2026+ccx@1")},
        "old style": {"course_key": CourseKey.from_string("edX/Tests/2026")},
    }
    SUMMARIES: dict[str, dict[str, Any]] = {
        "whole": {},
        "falsy": {
            "percent_grade": 0.0,
            "letter_grade": "",
            "course_version": "",
            "grading_policy_hash": "",
            "user_id": 0,
            "course": CourseFactory(display_name=""),
        },
        "with dates": {"course": CourseFactory(start=EDITED_AT, end=EDITED_AT)},
    }
    EVENTS = [
        pytest.param(COURSE_GRADE_CHANGED, CourseGradeFactory(**fields), id=f"grade {name}")
        for name, fields in GRADES.items()
    ] + [
        pytest.param(
            PERSISTENT_GRADE_SUMMARY_CHANGED,
            PersistentCourseGradeFactory(**fields),
            id=f"summary {name}",
        )
        for name, fields in SUMMARIES.items()
    ]

    @pytest.mark.parametrize(("signal", "grade"), EVENTS)
    def test_data_is_what_was_sent(self, wire, signal, grade):
        """Nothing is lost on the way, and falsy values stay what they are."""
        assert wire.decoder.decode(wire.message(signal, grade=grade)).data == {"grade": grade}

    @pytest.mark.parametrize(("signal", "grade"), EVENTS)
    def test_data_is_what_the_stock_consumer_decodes(self, wire, signal, grade):
        """Confluent's deserializer with openedx-events' conversion gives the same."""
        message = wire.message(signal, grade=grade)
        upstream = AvroSignalDeserializer(signal)
        with SchemaRegistryClient({"url": wire.registry.url}) as client:
            stock = AvroDeserializer(
                client, upstream.schema_string(), lambda record, _: upstream.from_dict(record)
            )
            theirs = stock(message.value, SerializationContext(TOPIC, MessageField.VALUE))
        assert wire.decoder.decode(message).data == theirs

    @pytest.mark.parametrize(("signal", "grade"), EVENTS)
    def test_data_is_what_openedx_events_decodes(self, wire, signal, grade):
        """openedx-events' own decoding of the bare Avro gives the same."""
        message = wire.message(signal, grade=grade)
        theirs = deserialize_bytes_to_event_data(message.value[5:], signal)
        assert wire.decoder.decode(message).data == theirs


class TestWritersSchema:
    """A writer may be older or newer than we are."""

    def written(self, wire, change, **values):
        """Return a grade, and its message by a writer whose schema has other fields."""
        grade = CourseGradeFactory(deadline=EDITED_AT)
        record: dict[str, Any] = {}
        message = wire.message(COURSE_GRADE_CHANGED, edit=record.update, grade=grade)
        schema = schema_from_signal(COURSE_GRADE_CHANGED)
        data_type = schema["fields"][0]["type"]
        data_type["fields"] = change(data_type["fields"])
        data = avro(schema, {"grade": record["grade"] | values})
        return grade, replace(message, value=wire.framed(json.dumps(schema), data))

    def test_older_writer_lacks_an_optional_field(self, wire):
        """The field has its default."""
        grade, message = self.written(wire, lambda fields: fields[:-1])
        decoded = wire.decoder.decode(message).data["grade"]
        assert decoded == attr.evolve(grade, deadline=None)

    @pytest.mark.parametrize(
        "field",
        [
            {"name": "mode", "type": ["null", "string"], "default": None},
            {"name": "mode", "type": "string"},
        ],
        ids=["optional", "required"],
    )
    def test_newer_writer_has_another_field(self, wire, field):
        """The field is passed over."""
        grade, message = self.written(wire, lambda fields: [field, *fields], mode="verified")
        assert wire.decoder.decode(message).data["grade"] == grade

    def test_writer_has_the_fields_in_another_order(self, wire):
        """Fields are found by name."""
        grade, message = self.written(wire, lambda fields: fields[::-1])
        assert wire.decoder.decode(message).data["grade"] == grade

    def test_writer_made_a_field_optional(self, wire):
        """A value is a value, and nothing where we need something can't be read."""

        def nullable(fields):
            return [
                f | {"type": ["null", "string"]} if f["name"] == "letter_grade" else f
                for f in fields
            ]

        grade, message = self.written(wire, nullable)
        assert wire.decoder.decode(message).data["grade"] == grade
        _, message = self.written(wire, nullable, letter_grade=None)
        with pytest.raises(UndecodableMessage, match=r"^value: .* while reading the Avro$"):
            wire.decoder.decode(message)

    @pytest.mark.parametrize("text", ["[" * 100_000, '{"type": "nonsense"}', "", '"x"', "[]{}"])
    def test_schema_that_is_none_is_poison(self, wire, text):
        """What the registry holds under the id isn't Avro."""
        message = wire.message(COURSE_GRADE_CHANGED, grade=CourseGradeFactory())
        message = replace(message, value=wire.framed(text, b"\0"))
        with pytest.raises(UndecodableMessage, match="of the registry is no Avro schema"):
            wire.decoder.decode(message)


class TestRegistry:
    """What the decoder makes of the registry's answers."""

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
    }

    @pytest.mark.parametrize("answer", FAILING.values(), ids=FAILING)
    def test_failing_registry_is_waited_for(self, registry, decoder, message, answer):
        """Nothing is said about the message until the registry answers as it should."""
        registry.instead = answer
        for _ in range(2):
            with pytest.raises(TransientError, match=r"^The schema registry"):
                decoder.decode(message)
        registry.instead = None
        assert decoder.decode(message).message == message

    @pytest.mark.parametrize("status", [401, 403])
    def test_refusal_is_fatal_with_a_hint(self, registry, decoder, message, status):
        """Only a person can give us other credentials."""
        registry.instead = (status, {"error_code": status, "message": "no"})
        with pytest.raises(FatalError, match=f"HTTP {status}") as raised:
            decoder.decode(message)
        assert "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_API_KEY" in raised.value.hint

    def test_missing_schema_is_poison_until_it_is_there(self, wire, registry, decoder, message):
        """What the registry doesn't have is not remembered as missing."""
        registry.instead = (404, {"error_code": 40403, "message": "Schema not found"})
        with pytest.raises(UndecodableMessage, match=r"^value: the registry has no schema \d+$"):
            decoder.decode(message)
        registry.instead = None
        assert decoder.decode(message).message == message

    def test_impossible_id_is_not_asked_for(self, registry, decoder, message):
        """A registry's ids are positive 32-bit numbers; for others it has no answer of its own."""
        with pytest.raises(UndecodableMessage, match="no registry has a schema 2147483648"):
            decoder.decode(replace(message, value=b"\0\x80\0\0\0" + message.value[5:]))
        assert registry.asked == []

    def test_each_schema_is_fetched_once(self, wire, registry, decoder):
        """Two schemas take two requests, whatever the number of messages."""
        for _ in range(3):
            grade, summary = CourseGradeFactory(), PersistentCourseGradeFactory()
            decoder.decode(wire.message(COURSE_GRADE_CHANGED, grade=grade))
            decoder.decode(wire.message(PERSISTENT_GRADE_SUMMARY_CHANGED, grade=summary))
        assert len(registry.asked) == len(set(registry.asked)) == 2

    def test_known_schemas_outlive_the_registry(self, registry, decoder, message):
        """A registry that is down is missed only for schemas that nobody asked for yet."""
        decoder.decode(message)
        registry.instead = (500, {})
        assert decoder.decode(message).message == message

    def test_registry_that_is_down_is_waited_for(self, registry, decoder, message):
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
    def test_garbled_answer_is_waited_out(self, message, reply):
        """Whatever is at the address, it is no schema registry for now."""
        with (
            saying(reply) as url,
            decoder_of(url, timeout=0.2) as decoder,
            pytest.raises(TransientError, match=r"^The schema registry"),
        ):
            decoder.decode(message)


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


def test_unknown_event_type_is_told_apart(wire, message):
    """It is no damage: topics carry several types, and newer ones than we know."""
    with pytest.raises(UnknownEventType):
        wire.decoder.decode(with_header(message, "ce_type", b"org.openedx.tests.unheard.of.v1"))


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


@attr.s(frozen=True)
class _Even:
    number = attr.ib(type=int)

    @number.validator
    def _check(self, attribute: Any, value: int) -> None:
        if value % 2:
            raise ValueError(f"{value} is odd")


EVEN = OpenEdxPublicSignal(event_type="org.openedx.tests.even.changed.v1", data={"even": _Even})


def test_event_class_that_refuses_its_data_is_named_by_its_argument(wire, message):
    """Where no single field is at fault, the signal's argument is; the value isn't repeated."""
    schema = schema_from_signal(EVEN)
    value = wire.framed(json.dumps(schema), avro(schema, {"even": {"number": 4711}}))
    message = with_header(replace(message, value=value), "ce_type", EVEN.event_type.encode())
    with pytest.raises(UndecodableMessage, match=r"^even: ValueError$"):
        wire.decoder.decode(message)


LOCAL = OpenEdxPublicSignal(event_type="org.openedx.tests.local.v1", data={"anything": object})


def test_event_without_a_schema_is_poison(wire, message):
    """Some events are for one process only; whoever put one on the bus made a mistake."""
    with pytest.raises(UndecodableMessage, match=r"^header ce_type: such events have no schema$"):
        wire.decoder.decode(with_header(message, "ce_type", LOCAL.event_type.encode()))


def test_position_is_the_events_time_and_the_brokers_place(wire):
    """The decoded event carries what decides which of two is newer."""
    time = datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
    message = wire.message(COURSE_GRADE_CHANGED, time=time, grade=CourseGradeFactory())
    position = wire.decoder.decode(message).position
    assert (position.time, position.offset) == (time, message.offset)
