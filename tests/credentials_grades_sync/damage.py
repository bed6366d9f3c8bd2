"""Grade messages that are damaged, each in one place, and a way to settle them among good ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from openedx_events.event_bus.avro.schema import schema_from_signal
from openedx_events.learning.signals import PERSISTENT_GRADE_SUMMARY_CHANGED

from credentials_grades_sync.standalone.models import UserGrade
from shared.batches import Ending
from shared.consumer import Room
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.messages import Message
from shared.outcomes import Outcome
from tests.credentials_grades_sync.samples import CourseGradeFactory, PersistentCourseGradeFactory
from tests.wire import NOW, Wire, avro, with_header

Make = Callable[[Wire], Message]
Edit = Callable[[dict[str, Any]], object]
Fields = list[dict[str, Any]]

YEAR = timedelta(days=365)


def grade(
    wire: Wire, /, *, time: datetime = NOW, edit: Edit | None = None, **fields: Any
) -> Message:
    """Return a message of the event that knows the whole grade."""
    data = CourseGradeFactory(**fields)
    return wire.message(COURSE_GRADE_CHANGED, time=time, edit=edit, grade=data)


def summary(wire: Wire, /, *, edit: Edit | None = None) -> Message:
    """Return a message of the LMS's summary."""
    data = PersistentCourseGradeFactory()
    return wire.message(PERSISTENT_GRADE_SUMMARY_CHANGED, edit=edit, grade=data)


def field(name: str, value: object) -> Make:
    """Make a grade whose Avro record holds this value."""
    return lambda wire: grade(wire, edit=lambda record: record["grade"].update({name: value}))


def summary_field(name: str, value: object) -> Make:
    """Make a summary whose Avro record holds this value."""
    return lambda wire: summary(wire, edit=lambda record: record["grade"].update({name: value}))


def course_field(name: str, value: object) -> Make:
    """Make a summary whose course's Avro record holds this value."""
    return lambda wire: summary(
        wire, edit=lambda record: record["grade"]["course"].update({name: value})
    )


def header(name: str, *values: bytes | None) -> Make:
    """Make a grade with these values of a header."""
    return lambda wire: with_header(grade(wire), name, *values)


def twice(name: str) -> Make:
    """Make a grade with a header doubled."""

    def make(wire: Wire) -> Message:
        message = grade(wire)
        return with_header(message, name, *[dict(message.headers)[name]] * 2)

    return make


def value(change: Callable[[bytes], bytes | None]) -> Make:
    """Make a grade with its value's bytes changed."""

    def make(wire: Wire) -> Message:
        message = grade(wire, user_id=7)
        return replace(message, value=change(message.value or b""))

    return make


def written_with(change: Callable[[Fields], Fields], **values: object) -> Make:
    """Make a grade whose writer's schema had other fields, with these values in its record."""

    def make(wire: Wire) -> Message:
        record: dict[str, Any] = {}
        message = grade(wire, edit=record.update)
        schema = schema_from_signal(COURSE_GRADE_CHANGED)
        grade_type = schema["fields"][0]["type"]
        grade_type["fields"] = change(grade_type["fields"])
        data = avro(schema, {"grade": record["grade"] | values})
        return replace(message, value=wire.framed(json.dumps(schema), data))

    return make


def retype(name: str, new: str) -> Callable[[Fields], Fields]:
    """Give a field of a schema another type."""
    return lambda fields: [
        each | {"type": new} if each["name"] == name else each for each in fields
    ]


def leave_out(name: str) -> Callable[[Fields], Fields]:
    """Take a field out of a schema."""
    return lambda fields: [each for each in fields if each["name"] != name]


def schema_text(text: str) -> Make:
    """Make a grade whose schema in the registry is this text."""
    return lambda wire: replace(grade(wire), value=wire.framed(text, b"\2\2a"))


def key_as_value(wire: Wire) -> Message:
    """Make a message with its key's bytes as value: good Avro, with a schema that isn't ours."""
    message = grade(wire)
    return replace(message, value=message.key)


def summary_as_grade(wire: Wire) -> Message:
    """Make a summary that says in its header that it is a grade."""
    return with_header(summary(wire), "ce_type", COURSE_GRADE_CHANGED.event_type.encode())


def settle_between(wire: Wire, room: Room, message: Message) -> Ending:
    """Settle a message between two good ones, check these, and return its ending."""
    neighbours = CourseGradeFactory.build_batch(2)
    before, after = (wire.message(COURSE_GRADE_CHANGED, grade=grade) for grade in neighbours)
    result = wire.take(room, [before, message, after])
    first, ending, last = result.endings
    assert (first.outcome, last.outcome) == (Outcome.APPLIED, Outcome.APPLIED)
    ids = [grade.user_id for grade in neighbours]
    assert UserGrade.objects.filter(lms_user_id__in=ids).count() == 2
    return ending
