"""Every damage that a message can have comes to a stated end, and its neighbours don't notice."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openedx_events.event_bus.avro.schema import schema_from_signal
from openedx_events.learning.signals import PERSISTENT_GRADE_SUMMARY_CHANGED

from credentials_grades_sync.standalone.models import UserGrade
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.messages import Message
from shared.models import DeadLetter
from shared.outcomes import Outcome
from tests.credentials_grades_sync.samples import CourseGradeFactory, PersistentCourseGradeFactory
from tests.wire import NOW, Wire, avro, with_header

pytestmark = pytest.mark.django_db

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
    "course key of a library": (
        field("course_key", "library-v1:edX+Tests"),
        "grade.course_key: is not the key of a course run",
    ),
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

# Each with the reason why it is taken.
ACCEPTED: dict[str, Make] = {
    "a CCX key is the key of a course run": field("course_key", "ccx-v1:edX+Tests+2026+ccx@1"),
    "an old-style key is the key of a course run": field("course_key", "edX/Tests/2026"),
    "a course key that fills its column": field("course_key", f"course-v1:edX+{'x' * 236}+2026"),
    "a letter is empty while failing": field("letter_grade", ""),
    "a letter that fills its column": field("letter_grade", "A" * 255),
    "a username that fills its column": field("username", "x" * 150),
    "minus zero is zero": field("percent_grade", -0.0),
    "a percent too small to show": field("percent_grade", 5e-324),
    "the largest user id that Avro and a BIGINT hold": field("user_id", 2**63 - 1),
    "a naive deadline: the row has no deadline": field("deadline", "2026-03-04T05:06:07"),
    "a naive passed_timestamp: the row has none": summary_field("passed_timestamp", "2026-03-04"),
    "a time within the clock skew": lambda wire: grade(wire, time=NOW + timedelta(seconds=299)),
    "a time long ago is older than everything": lambda wire: grade(
        wire, time=datetime(1970, 1, 1, tzinfo=UTC)
    ),
    "year 1 is a time, too": header("ce_time", b"0001-01-01T00:00:00+00:00"),
    "a header that nobody reads": header("x-trace", b"\xff\xfe"),
    "no ce_source: upstream has a default": header("ce_source"),
    "no ce_minorversion: upstream has a default": header("ce_minorversion"),
    "no key: the broker's partition is what counts": lambda wire: replace(grade(wire), key=None),
    "a garbled key: nobody reads it": lambda wire: replace(grade(wire), key=b"\xff\x00\xff"),
    "a newer writer's field, which isn't ours": written_with(
        lambda fields: [*fields, {"name": "colour", "type": "string"}], colour="blue"
    ),
    "an older writer, without the optional field": written_with(leave_out("deadline")),
    "a writer whose numbers are narrower": written_with(retype("user_id", "int")),
}

UNWANTED: dict[str, tuple[Make, Outcome]] = {
    "a type that nobody knows": (header("ce_type", b"org.openedx.\0.v9"), Outcome.IGNORED),
    "a type that the room doesn't consume": (
        header("ce_type", b"org.openedx.learning.student.registration.completed.v1"),
        Outcome.IGNORED,
    ),
    "an ignored type's other headers and bytes": (
        lambda wire: replace(
            with_header(header("ce_type", b"org.openedx.x.v1")(wire), "ce_time"), value=None
        ),
        Outcome.IGNORED,
    ),
    "a summary of a library": (
        course_field("course_key", "library-v1:edX+Tests"),
        Outcome.FILTERED,
    ),
    "a bad value of a grade that isn't wanted": (
        lambda wire: grade(wire, attempted=False, percent_grade=float("nan")),
        Outcome.FILTERED,
    ),
}


def settle_between(wire, room, message):
    """Settle a message between two good ones, check these, and return its ending."""
    neighbours = CourseGradeFactory.build_batch(2)
    before, after = (wire.message(COURSE_GRADE_CHANGED, grade=grade) for grade in neighbours)
    result = wire.take(room, [before, message, after])
    first, ending, last = result.endings
    assert (first.outcome, last.outcome) == (Outcome.APPLIED, Outcome.APPLIED)
    ids = [grade.user_id for grade in neighbours]
    assert UserGrade.objects.filter(lms_user_id__in=ids).count() == 2
    return ending


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


@pytest.mark.parametrize("make", ACCEPTED.values(), ids=ACCEPTED)
def test_what_looks_odd_and_is_sound_is_accepted(wire, room, make):
    """It becomes a row like any other."""
    message = make(wire)
    assert settle_between(wire, room, message).outcome is Outcome.APPLIED
    assert not DeadLetter.objects.exists()
    assert UserGrade.objects.count() == 3


@pytest.mark.parametrize(("make", "outcome"), UNWANTED.values(), ids=UNWANTED)
def test_what_is_not_wanted_is_not_looked_into(wire, room, make, outcome):
    """It ends without a dead letter, whatever it holds."""
    assert settle_between(wire, room, make(wire)).outcome is outcome
    assert not DeadLetter.objects.exists()


@pytest.mark.parametrize(
    "text", ["2026-03-04T10:36:07+05:30", "2026-03-04T05:06:07Z", "20260304T050607Z"]
)
def test_time_of_another_zone_is_converted(wire, room, text):
    """The same moment is the same moment in any zone and notation."""
    wire.take(room, [header("ce_time", text.encode())(wire)])
    assert UserGrade.objects.get().graded_at == NOW


def test_minus_zero_is_stored_as_zero(wire, room):
    """A grade of minus zero is a grade of zero."""
    wire.take(room, [field("percent_grade", -0.0)(wire)])
    assert UserGrade.objects.get().percent_grade == Decimal(0)


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


MARKER = "dorothea"
"""A username that would be seen wherever it leaks."""

TEXTS = [
    field("username", MARKER * 20),
    field("username", f"{MARKER}\0"),
    field("letter_grade", MARKER * 40),
    field("course_key", MARKER),
    field("course_key", f"course-v1:{MARKER}+{'x' * 250}+1"),
    field("course_key", f"library-v1:{MARKER}+x"),
    field("deadline", MARKER),
    summary_field("letter_grade", f"{MARKER}\0"),
    summary_field("passed_timestamp", MARKER),
    summary_field("course_edited_timestamp", MARKER),
    course_field("course_key", MARKER),
    course_field("start", MARKER),
    lambda wire: replace(grade(wire), value=MARKER.encode()),
    lambda wire: replace(grade(wire), value=(grade(wire, username=MARKER).value or b"")[:-3]),
    lambda wire: replace(grade(wire), value=(grade(wire, username=MARKER).value or b"") + b"\1"),
    lambda wire: with_header(grade(wire, username=MARKER), "ce_time"),
    lambda wire: with_header(grade(wire, username=MARKER), "ce_time", b"soon"),
    lambda wire: grade(wire, username=MARKER, user_id=0),
    lambda wire: grade(wire, username=MARKER, percent_grade=2.0),
    lambda wire: grade(wire, username=MARKER, time=NOW + YEAR),
]


def test_no_log_and_no_text_of_a_dead_letter_holds_a_payload(wire, room, caplog):
    """A username is in the dead letter's bytes, and nowhere else that a person reads."""
    messages = [make(wire) for make in TEXTS]
    for logger in ("", "shared", "django"):
        caplog.set_level(logging.DEBUG, logger=logger)
    wire.take(room, [*messages, grade(wire, username=MARKER)])
    assert len(caplog.records) >= len(TEXTS)
    assert MARKER not in caplog.text
    assert not [record for record in caplog.records if MARKER in str(vars(record))]
    letters = DeadLetter.objects.all()
    assert len(letters) == len(TEXTS)
    for letter in letters:
        shown = {k: v for k, v in vars(letter).items() if k not in ("value", "_state")}
        assert MARKER not in str(shown)
        assert MARKER.encode() in (letter.message.value or b"")


EDITABLE = {
    "user_id": st.integers(-(2**63), 2**63 - 1),
    "username": st.text(max_size=200),
    "course_key": st.text(max_size=40) | st.sampled_from(["edX/Other/1", "library-v1:edX+Other"]),
    "percent_grade": st.floats(),
    "letter_grade": st.text(max_size=300),
    "passed": st.booleans(),
    "attempted": st.booleans(),
    "verified": st.booleans(),
    "deadline": st.none() | st.text(max_size=30) | st.datetimes().map(datetime.isoformat),
}
RECORDS = st.fixed_dictionaries({}, optional=EDITABLE)


def flip(data: bytes, place: int, new: bytes) -> bytes:
    """Change one byte."""
    return data[:place] + new[:1] + data[place + 1 :]


def cut(data: bytes, place: int, new: bytes) -> bytes:
    """Take the end off."""
    return data[:place]


def extend(data: bytes, place: int, new: bytes) -> bytes:
    """Put bytes in between or after."""
    return data[:place] + new + data[place:]


CHANGES = st.tuples(
    st.sampled_from([flip, cut, extend]), st.integers(0, 150), st.binary(min_size=1, max_size=20)
)
TIMES = [
    b"2026-03-04T05:06:07",
    b"2025-03-04T05:06:07-11:30",
    b"2027-03-04T05:06:07+00:00",
    b"0001-01-01T00:00:00+00:00",
    b"9999-12-31T23:59:59-23:59",
]
HEADERS = st.tuples(
    st.sampled_from(
        ["ce_type", "ce_id", "ce_time", "ce_source", "ce_minorversion", "sourcehost", "sourcelib"]
    ),
    st.lists(st.none() | st.binary(max_size=40) | st.sampled_from(TIMES), max_size=2),
)


@st.composite
def damages(draw: st.DrawFn) -> Make:
    """Draw what is done to a valid message: to its record, then to its bytes and headers."""
    edits = draw(RECORDS)
    changes = draw(st.lists(CHANGES, max_size=2))
    headers = draw(st.lists(HEADERS, max_size=2))
    base = draw(st.sampled_from([grade, summary]))

    def make(wire: Wire) -> Message:
        message = base(wire, edit=lambda record: record["grade"].update(edits))
        value = message.value or b""
        for change, place, new in changes:
            value = change(value, place, new)
        message = replace(message, value=value)
        for name, values in headers:
            message = with_header(message, name, *values)
        return message

    return make


@settings(
    derandomize=True,
    deadline=None,
    max_examples=500,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(makes=st.lists(damages(), min_size=1, max_size=5))
def test_no_damage_stops_the_worker_or_touches_a_neighbour(wire, room, makes):
    """Whatever becomes of valid messages, nothing is raised and each has exactly one ending."""
    neighbour = grade(wire, course_key="course-v1:edX+Neighbour+1")
    messages = [*(make(wire) for make in makes), neighbour]
    with transaction.atomic():
        result = wire.take(room, messages)
        transaction.set_rollback(True)
    assert [ending.message for ending in result.endings] == messages
    assert result.endings[-1].outcome is Outcome.APPLIED
