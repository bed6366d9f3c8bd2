"""What can happen to any event's bytes, headers and schema, and what its dead letter says then."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TypeAlias

from openedx_events.event_bus.avro.schema import schema_from_signal

from shared.messages import Message
from shared.testing.avro import AvroRecord, Fields, put, schema_field
from tests.contract.bench import Bench
from tests.contract.catalogue import SAMPLES
from tests.contract.fields import argument_of, fields_of
from tests.contract.sample import Edits
from tests.wire import NOW, avro, with_header

Make: TypeAlias = Callable[[Bench], Message]
"""Makes the damaged event of row 1."""

YEAR = timedelta(days=365)
MARKER = "dorothea"
"""A text that would be seen wherever it leaks."""
WIRE_FORMAT = "value: not in Confluent's wire format"
READING = " while reading the Avro"


def header(name: str, *values: bytes | None) -> Make:
    """Make an event with these values of a header."""
    return lambda bench: with_header(bench.event(), name, *values)


def twice(name: str) -> Make:
    """Make an event with a header doubled."""

    def make(bench: Bench) -> Message:
        message = bench.event()
        return with_header(message, name, *[dict(message.headers)[name]] * 2)

    return make


def value(change: Callable[[bytes], bytes | None]) -> Make:
    """Make an event with its value's bytes changed."""

    def make(bench: Bench) -> Message:
        message = bench.event()
        return replace(message, value=change(message.value or b""))

    return make


def written_with(
    bench: Bench, path: str, change: Callable[[Fields, int], object], edits: Edits | None = None
) -> Message:
    """Return an event whose writer's schema had other fields: ``change`` gets those around one."""
    signal = bench.sample.signal
    record: AvroRecord = {}
    message = bench.wire.message(signal, edit=record.update, **bench.sample.data())
    schema = schema_from_signal(signal)
    change(*schema_field(argument_of(schema), path))
    for name, new in (edits or {}).items():
        put(record[bench.sample.argument], name, new)
    return replace(message, value=bench.wire.framed(json.dumps(schema), avro(schema, record)))


def retype(new: str) -> Callable[[Fields, int], None]:
    """Give a field of a schema another type."""

    def change(fields: Fields, place: int) -> None:
        fields[place] = {"name": fields[place]["name"], "type": new}

    return change


def retyped(bench: Bench) -> Message:
    """Make an event whose schema has another type for a field."""
    path = needed_field(bench)
    return written_with(bench, path, retype("boolean"), {path: True})


def left_out(bench: Bench) -> Message:
    """Make an event whose schema lacks a field that is needed."""
    return written_with(bench, needed_field(bench), list.pop)


def needed_field(bench: Bench) -> str:
    """Return the path of the first field that has no default."""
    return next(field.path for field in fields_of(bench.sample.signal) if not field.nullable)


def schema_text(text: str) -> Make:
    """Make an event whose schema in the registry is this text."""
    return lambda bench: replace(bench.event(), value=bench.wire.framed(text, b"\2\2a"))


def key_as_value(bench: Bench) -> Message:
    """Make an event with its key's bytes as value: good Avro, with a schema that isn't ours."""
    message = bench.event()
    return replace(message, value=message.key)


def other_event(bench: Bench) -> Message:
    """Make another event that says in its header that it is this one."""
    data_types = bench.sample.signal.init_data
    other = next(each for each in SAMPLES if each.signal.init_data != data_types)
    message = bench.wire.message(other.signal, **other.data())
    return with_header(message, "ce_type", bench.sample.signal.event_type.encode())


def not_utf_8(bench: Bench) -> Message:
    """Make an event with a text that isn't UTF-8."""
    path = next(field.path for field in fields_of(bench.sample.signal) if field.type == "string")
    message = bench.event(edits={path: MARKER})
    bad = (message.value or b"").replace(MARKER.encode(), b"\xff" * len(MARKER))
    return replace(message, value=bad)


def ahead(bench: Bench) -> Message:
    """Make an event of next year."""
    return bench.event(time=NOW + YEAR)


DAMAGES: dict[str, tuple[Make, str]] = {
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
    "text that isn't UTF-8": (not_utf_8, f"value: UnicodeDecodeError{READING}"),
    # schemas
    "schema that is no JSON": (
        schema_text('syntax = "proto3";'),
        "of the registry is no Avro schema",
    ),
    "schema that is JSON Schema": (
        schema_text('{"type": "object", "properties": {}}'),
        "of the registry is no Avro schema",
    ),
    "schema of the key": (key_as_value, "SchemaResolutionError"),
    "schema of another event": (other_event, "SchemaResolutionError"),
    "schema with a field of another type": (retyped, "SchemaResolutionError"),
    "schema without a field that is needed": (left_out, "SchemaResolutionError"),
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
    "ce_time a year ahead": (ahead, "header ce_time: further ahead"),
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
}
"""Each with what the dead letter says."""
