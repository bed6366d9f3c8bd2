"""From bytes to event: as openedx-events decodes, whoever wrote them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
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

from shared.conf import get_settings
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.exceptions import TransientError, UndecodableMessage, UnknownEventType
from shared.messages import Message
from shared.testing.factories.learning import (
    EDITED_AT,
    CourseFactory,
    CourseGradeFactory,
    PersistentCourseGradeFactory,
)
from tests.wire import Wire, avro, running_wire, with_header


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    """What a producer writes; its messages stay readable in any registry with its schemas."""
    with running_wire() as running:
        yield running


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
            theirs = stock(message.value, SerializationContext(message.topic, MessageField.VALUE))
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
        """What the registry holds under the id isn't Avro, however often it is asked."""
        message = wire.message(COURSE_GRADE_CHANGED, grade=CourseGradeFactory())
        message = replace(message, value=wire.framed(text, b"\0"))
        for _ in range(get_settings().isolate_after_attempts - 1):
            with pytest.raises(TransientError, match="what is no Avro schema"):
                wire.decoder.decode(message)
        with pytest.raises(UndecodableMessage, match="of the registry is no Avro schema"):
            wire.decoder.decode(message)


def test_unknown_event_type_is_told_apart(wire, message):
    """It is no damage: topics carry several types, and newer ones than we know."""
    with pytest.raises(UnknownEventType):
        wire.decoder.decode(with_header(message, "ce_type", b"org.openedx.tests.unheard.of.v1"))


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
