"""An event's data is what openedx-events makes of it, for every event that there is."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any, get_args, get_origin
from uuid import UUID

import attr
import fastavro
import pytest
from ccx_keys.locator import CCXLocator
from hypothesis import given, settings
from hypothesis import strategies as st
from opaque_keys.edx.keys import CourseKey, UsageKey
from opaque_keys.edx.locator import (
    LibraryCollectionLocator,
    LibraryContainerLocator,
    LibraryLocatorV2,
    LibraryUsageLocatorV2,
)
from openedx_events.event_bus.avro.deserializer import (
    DEFAULT_DESERIALIZERS,
    AvroSignalDeserializer,
)
from openedx_events.event_bus.avro.schema import schema_from_signal
from openedx_events.tooling import (
    KNOWN_UNSERIALIZABLE_SIGNALS,
    OpenEdxPublicSignal,
    load_all_signals,
)

import shared.events.enterprise.signals
import shared.events.learning.signals  # noqa: F401
from shared.kafka.conversion import data_converter

load_all_signals()

SIGNALS = [
    signal
    for signal in OpenEdxPublicSignal.all_events()
    if signal.event_type not in KNOWN_UNSERIALIZABLE_SIGNALS and ".tests." not in signal.event_type
]
each_signal = pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.event_type)

_TEXTS = {
    CourseKey: ["course-v1:edX+Tests+2026", "ccx-v1:edX+Tests+2026+ccx@1", "edX/Tests/2026"],
    CCXLocator: ["ccx-v1:edX+Tests+2026+ccx@1"],
    UsageKey: ["block-v1:edX+Tests+2026+type@html+block@one", "lb:edX:library:html:one"],
    LibraryLocatorV2: ["lib:edX:library"],
    LibraryUsageLocatorV2: ["lb:edX:library:html:one"],
    LibraryCollectionLocator: ["lib-collection:edX:library:collection"],
    LibraryContainerLocator: ["lct:edX:library:unit:container"],
    UUID: ["89e93b2c-86b7-4a5b-9d3c-0f4d1d2c7a11"],
    datetime: ["2026-03-04T05:06:07.891011+00:00", "2026-03-04T05:06:07"],
}
"""What Avro has of values that it doesn't know."""
_SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False),
    bytes: st.binary(max_size=3),
    str: st.text(max_size=3),
}


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """Return what Avro may have of values of a type."""
    if kind in _TEXTS:
        return st.sampled_from(_TEXTS[kind])
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if get_origin(kind) is list:
        return st.lists(values_of(get_args(kind)[0]), max_size=2)
    if get_origin(kind) is dict:
        return st.dictionaries(st.text(max_size=2), values_of(get_args(kind)[1]), max_size=2)
    fields = {each.name: field_of(each) for each in attr.fields(kind)}
    return st.fixed_dictionaries(fields)


def field_of(attribute: Any) -> st.SearchStrategy[Any]:
    """Return what Avro may have in a field: nothing, where that is its default."""
    values = values_of(attribute.type)
    return st.none() | values if attribute.default is None else values


def records_of(signal: OpenEdxPublicSignal) -> st.SearchStrategy[dict[str, Any]]:
    """Return what Avro may have of a signal's data."""
    return st.fixed_dictionaries({name: values_of(kind) for name, kind in signal.init_data.items()})


@each_signal
@settings(derandomize=True, deadline=None, max_examples=30)
@given(data=st.data())
def test_data_is_what_openedx_events_makes_of_a_record(
    signal: OpenEdxPublicSignal, data: st.DataObject
) -> None:
    """Whatever a producer of this version writes, falsy values and nulls included."""
    record = data.draw(records_of(signal))
    theirs = AvroSignalDeserializer(signal).from_dict(record)
    ours = data_converter(signal, {})(record)
    # Zero equals False, and doesn't look like it.
    assert (ours, repr(ours)) == (theirs, repr(theirs))


@each_signal
@settings(derandomize=True, deadline=None, max_examples=10)
@given(data=st.data())
def test_data_of_an_older_writer_is_what_openedx_events_makes_of_it(
    signal: OpenEdxPublicSignal, data: st.DataObject
) -> None:
    """A writer that doesn't know the optional fields yet."""
    older = without_optional_fields(schema_from_signal(signal))
    written = BytesIO()
    fastavro.schemaless_writer(written, older, data.draw(records_of(signal)))
    written.seek(0)
    upstream = AvroSignalDeserializer(signal)
    record: Any = fastavro.schemaless_reader(written, older, upstream.schema)
    theirs = upstream.from_dict(record)
    ours = data_converter(signal, {})(record)
    assert (ours, repr(ours)) == (theirs, repr(theirs))


def without_optional_fields(schema: Any) -> Any:
    """Return an Avro schema whose records, at all depths, have only fields without a default."""
    if isinstance(schema, list):
        return [without_optional_fields(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    known = {name: without_optional_fields(each) for name, each in schema.items()}
    if "fields" in known:
        known["fields"] = [field for field in known["fields"] if "default" not in field]
    return known


def test_all_types_of_a_kind_have_values_here() -> None:
    """A type that openedx-events learns to convert must be tried here as well."""
    assert set(_TEXTS) == set(DEFAULT_DESERIALIZERS)


@attr.s(frozen=True)
class _Shelf:
    labels = attr.ib(type=list[str])
    places = attr.ib(type=dict[str, int])
    size = attr.ib(type=int, default=7)
    is_open = attr.ib(type=bool, default=True)
    course = attr.ib(type=CourseKey, factory=lambda: CourseKey.from_string("edX/Tests/2026"))


SHELF = OpenEdxPublicSignal(
    event_type="org.openedx.tests.conversion.v1",
    data={"shelf": _Shelf, "count": int, "at": datetime},
)
WHOLE = {
    "shelf": {
        "labels": ["new"],
        "places": {"left": 1},
        "size": 2,
        "is_open": True,
        "course": "course-v1:edX+Tests+2026",
    },
    "count": 0,
    "at": "2026-03-04T05:06:07+00:00",
}


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"size": 0, "is_open": False, "course": ""},
        {"size": None, "is_open": None, "course": None},
        {"labels": [], "places": {}},
    ],
    ids=["whole", "falsy", "null", "empty"],
)
def test_defaults_take_the_place_that_openedx_events_gives_them(changed: dict[str, Any]) -> None:
    """A falsy value of a field with a default is that default, as upstream has it."""
    record = {**WHOLE, "shelf": WHOLE["shelf"] | changed}  # type: ignore[operator]
    theirs = AvroSignalDeserializer(SHELF).from_dict(record)
    assert data_converter(SHELF, {})(record) == theirs


def test_absent_fields_have_their_defaults() -> None:
    """A record may lack what isn't required."""
    record = {**WHOLE, "shelf": {"labels": [], "places": {}}}
    theirs = AvroSignalDeserializer(SHELF).from_dict(record)
    assert (
        data_converter(SHELF, {})(record)
        == theirs
        == {
            "shelf": _Shelf(labels=[], places={}),
            "count": 0,
            "at": datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
        }
    )


def test_record_is_left_as_it_is() -> None:
    """Who looks for the field that is at fault reads it once more."""
    record = {**WHOLE, "shelf": dict(WHOLE["shelf"])}  # type: ignore[call-overload]
    data_converter(SHELF, {})(record)
    assert record == WHOLE


def test_own_deserializers_come_first() -> None:
    """What the project converts by itself is converted so wherever the type is met."""
    data = data_converter(SHELF, {CourseKey: str.upper})(WHOLE)
    assert data["shelf"].course == "COURSE-V1:EDX+TESTS+2026"


@pytest.mark.parametrize("kind", [set, list, list[datetime], dict[str, list[int]]], ids=str)
def test_types_that_are_not_known_here_are_left_to_openedx_events(kind: Any) -> None:
    """What its later versions convert beside, and what it refuses, is theirs to say."""
    signal = OpenEdxPublicSignal(
        event_type="org.openedx.tests.later.v1",
        data={"kept": attr.make_class("Kept", {"a": attr.ib(type=kind)})},
    )
    record: dict[str, Any] = {"kept": {"a": ["2026-03-04T05:06:07"]}}
    if get_origin(kind) is dict:
        record = {"kept": {"a": {"b": [1]}}}
    upstream = object.__new__(AvroSignalDeserializer)  # it may have no schema for it
    upstream.signal, upstream.deserializers = signal, {}
    answers = []
    for convert in (upstream.from_dict, data_converter(signal, {})):
        try:
            answers.append(repr(convert(record)))
        except TypeError as error:
            answers.append(str(error))
    theirs, ours = answers
    assert ours == theirs
