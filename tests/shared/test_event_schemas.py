"""What is said of an event's schema is what is on the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openedx_events.event_bus.avro.schema import schema_from_signal
from openedx_events.learning.signals import COURSE_ENROLLMENT_CREATED, EXAM_ATTEMPT_SUBMITTED

from shared.event_schemas import field_at, fields_of, golden_schema_of, schema_of
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from tests.processes import ROOT
from tests.testapp.events import BOOK_CHANGED


def test_schema_of_an_event_that_is_defined_here():
    """It is the golden one, whose file is named."""
    path = golden_schema_of(COURSE_GRADE_CHANGED)
    assert path is not None
    assert schema_of(COURSE_GRADE_CHANGED) == json.loads((ROOT / path).read_text())


def test_schema_of_another_event():
    """It is what openedx-events makes of the signal, and no file of ours."""
    assert golden_schema_of(BOOK_CHANGED) is None
    assert schema_of(BOOK_CHANGED) == schema_from_signal(BOOK_CHANGED)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("enrollment.user.pii.email", {"name": "email", "type": "string"}),
        ("enrollment.is_active", {"name": "is_active", "type": "boolean"}),
        ("enrollment.nothing", None),
        ("enrollment.mode.nothing", None),
        ("nothing", None),
    ],
)
def test_field_at_a_path(path, found):
    """The field as the key's bytes would hold its schema, name included."""
    assert field_at(schema_from_signal(COURSE_ENROLLMENT_CREATED), path) == found


def test_fields():
    """Those of nested records are told by their paths, with the record that has them."""
    fields = {field.path: field for field in fields_of(schema_of(COURSE_ENROLLMENT_CREATED))}
    assert fields["enrollment.user.pii.email"].record == "UserPersonalData"
    assert fields["enrollment.user.id"].type == "long"
    assert fields["enrollment.course.start"].nullable
    assert not fields["enrollment.course.course_key"].nullable
    assert "enrollment.user" not in fields


def record(name: str, *fields: Any) -> dict[str, Any]:
    """Return the schema of a record with these types for its fields: a, b …"""
    named = [{"name": letter, "type": type_} for letter, type_ in zip("abcd", fields, strict=False)]
    return {"name": name, "type": "record", "fields": named}


def test_record_that_comes_twice():
    """Avro only names it the second time; its fields are told all the same."""
    inner = record("Inner", "string")
    schema = record("Event", inner, "Inner", ["null", "Inner"])
    assert [(f.path, f.record) for f in fields_of(schema)] == [
        ("a.a", "Inner"),
        ("b.a", "Inner"),
        ("c.a", "Inner"),
    ]


@pytest.mark.parametrize("path", ["a.a", "b.a", "c.a", "d.a"])
def test_field_at_a_path_inside_a_record_that_comes_twice(path):
    """It is the same field wherever the record is: spelled out, named, perhaps null."""
    inner = record("Inner", "string")
    schemas = [
        record("Event", inner, "Inner", ["null", "Inner"], "Inner"),
        record("Event", ["null", inner], "Inner", ["null", "Inner"], "Inner"),
    ]
    for schema in schemas:
        assert field_at(schema, path) == {"name": "a", "type": "string"}


def test_record_that_a_list_spells_out():
    """Its name is known from then on."""
    schema = record("Event", {"type": "array", "items": record("Inner", "string")}, "Inner")
    assert [field.path for field in fields_of(schema)] == ["a", "b.a"]
    assert field_at(schema, "a.a") is None
    assert field_at(schema, "b.a") == {"name": "a", "type": "string"}


def test_every_field_is_found_at_its_path():
    """In the events of openedx-events that have an object perhaps, and a person twice."""
    for signal in (COURSE_ENROLLMENT_CREATED, EXAM_ATTEMPT_SUBMITTED):
        schema = schema_of(signal)
        for field in fields_of(schema):
            assert field_at(schema, field.path), field.path


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        ({"type": "array", "items": "long"}, "array of long"),
        ({"type": "map", "values": {"type": "array", "items": "string"}}, "map of array of string"),
        ({"type": "array", "items": record("Inner", "string")}, "array of Inner"),
    ],
)
def test_collections(type_, text):
    """Lists and dictionaries are told in words."""
    (field,) = fields_of(record("Event", type_))
    assert (field.path, field.type) == ("a", text)
