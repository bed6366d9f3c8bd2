"""Every damage comes to a stated end, is kept whole, and the neighbours don't notice."""

from __future__ import annotations

from random import Random

import pytest

from credentials_grades_sync.standalone.models import UserGrade
from shared.models import DeadLetter
from shared.outcomes import Outcome
from tests.credentials_grades_sync.damage import (
    YEAR,
    Make,
    course_field,
    field,
    grade,
    header,
    key_as_value,
    leave_out,
    retype,
    schema_text,
    settle_between,
    summary_as_grade,
    summary_field,
    twice,
    value,
    written_with,
)
from tests.wire import NOW

pytestmark = pytest.mark.django_db

WIRE_FORMAT = "value: not in Confluent's wire format"
READING = " while reading the Avro"

DEAD: dict[str, tuple[Make, str]] = {
    # bytes
    "random bytes": (value(lambda _: Random(2).randbytes(80)), WIRE_FORMAT),
    "empty value": (value(lambda _: b""), WIRE_FORMAT),
    "value shorter than its prefix": (value(lambda old: old[:4]), WIRE_FORMAT),
    "null value": (value(lambda _: None), "value: null"),
    "wrong magic byte": (value(lambda old: b"\1" + old[1:]), WIRE_FORMAT),
    "unknown schema id": (
        value(lambda old: b"\0\0\0\x27\x0f" + old[5:]),
        "value: the registry has no schema 9999",
    ),
    "schema id beyond a registry's": (
        value(lambda old: b"\0\xff\xff\xff\xff" + old[5:]),
        "value: no registry has a schema 4294967295",
    ),
    "nothing after the schema id": (value(lambda old: old[:5]), f"value: EOFError{READING}"),
    "last byte missing": (value(lambda old: old[:-1]), f"value: EOFError{READING}"),
    "trailing byte": (value(lambda old: old + b"\0"), "value: longer than its schema says"),
    "text that isn't UTF-8": (
        value(lambda old: old.replace(b"learner", b"\xff\xfe\xfd\xfc\xfb\xfa\xf9")),
        f"value: UnicodeDecodeError{READING}",
    ),
    "schema that is no JSON": (
        schema_text('syntax = "proto3";'),
        "of the registry is no Avro schema",
    ),
    "schema that is JSON Schema": (
        schema_text('{"type": "object", "properties": {}}'),
        "of the registry is no Avro schema",
    ),
    "schema of the key": (key_as_value, "SchemaResolutionError"),
    "schema of another event": (summary_as_grade, "SchemaResolutionError"),
    "schema with a field of another type": (
        written_with(retype("percent_grade", "string"), percent_grade="0.5"),
        "SchemaResolutionError",
    ),
    "schema without a field that is needed": (
        written_with(leave_out("passed")),
        "SchemaResolutionError",
    ),
    # headers
    "ce_type missing": (header("ce_type"), "header ce_type: found 0 times, needed once"),
    "ce_type empty": (header("ce_type", b""), "header ce_type: is empty"),
    "ce_type doubled": (twice("ce_type"), "header ce_type: found 2 times"),
    "ce_type not UTF-8": (header("ce_type", b"\xff"), "header ce_type: not UTF-8"),
    "ce_time missing": (header("ce_time"), "header ce_time: found 0 times, needed once"),
    "ce_time null": (header("ce_time", None), "header ce_time: is empty"),
    "ce_time doubled": (twice("ce_time"), "header ce_time: found 2 times"),
    "ce_time garbled": (header("ce_time", b"yesterday"), "header ce_time: not an ISO 8601 time"),
    "ce_time of no day": (
        header("ce_time", b"2026-02-30T00:00:00+00:00"),
        "header ce_time: not an ISO 8601 time",
    ),
    "ce_time not UTF-8": (header("ce_time", b"\xff2026"), "header ce_time: not UTF-8"),
    "ce_time naive": (
        header("ce_time", b"2026-03-04T05:06:07"),
        "header ce_time: has no time zone",
    ),
    "ce_time before year 1 in UTC": (
        header("ce_time", b"0001-01-01T00:00:00+14:00"),
        "header ce_time: not an ISO 8601 time",
    ),
    "ce_time a year ahead": (
        lambda wire: grade(wire, time=NOW + YEAR),
        "header ce_time: further ahead",
    ),
    "ce_time in the last year there is": (
        header("ce_time", b"9999-12-31T23:59:59.999999+00:00"),
        "header ce_time: further ahead",
    ),
    "ce_id missing": (header("ce_id"), "header ce_id: found 0 times, needed once"),
    "ce_id null": (header("ce_id", None), "header ce_id: is empty"),
    "ce_id doubled": (twice("ce_id"), "header ce_id: found 2 times"),
    "ce_id garbled": (header("ce_id", b"4711"), "header ce_id: not a UUID"),
    "ce_id not UTF-8": (header("ce_id", b"\xff"), "header ce_id: not UTF-8"),
    "ce_source doubled": (twice("ce_source"), "header ce_source: found 2 times"),
    "sourcehost not UTF-8": (header("sourcehost", b"\xff"), "header sourcehost: not UTF-8"),
    "ce_minorversion garbled": (header("ce_minorversion", b"one"), "header ce_minorversion: "),
    "sourcelib garbled": (header("sourcelib", b"10.x"), "header sourcelib: not a version"),
    # values
    "percent NaN": (field("percent_grade", float("nan")), "grade.percent_grade: is not a finite"),
    "percent infinite": (field("percent_grade", float("inf")), "grade.percent_grade: is not a fin"),
    "percent minus infinite": (field("percent_grade", float("-inf")), "grade.percent_grade: "),
    "percent below 0": (field("percent_grade", -0.0001), "grade.percent_grade: is not between"),
    "percent above 1": (field("percent_grade", 1.0001), "grade.percent_grade: is not between"),
    "percent 9.99995": (field("percent_grade", 9.99995), "grade.percent_grade: is not between"),
    "letter too long": (field("letter_grade", "A" * 256), "grade.letter_grade: is longer than 255"),
    "letter with NUL": (field("letter_grade", "A\0"), "grade.letter_grade: contains a NUL"),
    "username too long": (field("username", "x" * 151), "grade.username: is longer than 150"),
    "username empty": (field("username", ""), "grade.username: is empty"),
    "username with NUL": (field("username", "learner\0-1"), "grade.username: contains a NUL"),
    "course key unparsable": (field("course_key", "Tests"), "grade.course_key: opaque_keys."),
    "course key empty": (field("course_key", ""), "grade.course_key: opaque_keys."),
    "course key of a newer library": (field("course_key", "lib:edX:Tests"), "grade.course_key: "),
    "course key too long": (
        field("course_key", f"course-v1:edX+{'x' * 240}+2026"),
        "grade.course_key: is longer than 255",
    ),
    "user id 0": (field("user_id", 0), "grade.user_id: is not a positive"),
    "user id negative": (field("user_id", -1), "grade.user_id: is not a positive"),
    "user id of more than 64 bits": (
        value(lambda old: old[:5] + b"\xff" * 10 + b"\1" + old[6:]),
        "grade.user_id: is not a positive",
    ),
    "deadline that is no time": (field("deadline", "soon"), "grade.deadline: ValueError"),
    "summary: percent NaN": (summary_field("percent_grade", float("nan")), "grade.percent_grade: "),
    "summary: letter with NUL": (summary_field("letter_grade", "\0"), "grade.letter_grade: "),
    "summary: user id 0": (summary_field("user_id", 0), "grade.user_id: "),
    "summary: course key unparsable": (
        course_field("course_key", "Tests"),
        "grade.course.course_key: opaque_keys.",
    ),
    "summary: time that is none": (
        summary_field("passed_timestamp", ""),
        "grade.passed_timestamp: ValueError",
    ),
}


@pytest.mark.parametrize(("make", "says"), DEAD.values(), ids=DEAD)
def test_poison_is_buried_whole_and_named(wire, room, make, says):
    """The dead letter names the header or field, and keeps key, value and headers as they were."""
    message = make(wire)
    assert settle_between(wire, room, message).outcome is Outcome.DEAD
    letter = DeadLetter.objects.get()
    assert says in letter.error
    assert "learner" not in letter.error
    assert letter.message == message
    assert UserGrade.objects.count() == 2


def test_redelivered_poison_is_buried_once(wire, room):
    """A dead message that comes again leaves one dead letter."""
    message = field("username", "")(wire)
    wire.take(room, [message])
    wire.take(room, [message])
    assert DeadLetter.objects.count() == 1


def test_batch_of_nothing_but_poison_is_settled(wire, room):
    """Every case at once ends as it does alone, in the order of arrival."""
    messages = [make(wire) for make, _ in DEAD.values()]
    result = wire.take(room, messages)
    assert [ending.message for ending in result.endings] == messages
    assert {ending.outcome for ending in result.endings} == {Outcome.DEAD}
    assert DeadLetter.objects.count() == len(DEAD)
