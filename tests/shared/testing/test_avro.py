"""The kit finds its way in the schema of every event that can be on the bus."""

from __future__ import annotations

from contextlib import suppress
from types import SimpleNamespace

import attr
import pytest
from openedx_events.event_bus.avro.schema import schema_from_signal
from openedx_events.tooling import OpenEdxPublicSignal, load_all_signals

from shared.event_schemas import fields_of
from shared.testing.avro import holds, put, schema_field
from shared.testing.garbage import garbage_of
from tests.testapp.events import ShelfData


@attr.s(frozen=True)
class RoomData:
    """Two shelves, one of which may be missing, and what lies about."""

    first = attr.ib(type=ShelfData)
    second = attr.ib(type=ShelfData, default=None)
    papers = attr.ib(type=list[str], factory=list)
    sizes = attr.ib(type=dict[str, int], factory=dict)


@pytest.fixture
def schema():
    """The schema of an event with every kind of field; a real signal would stay registered."""
    signal = SimpleNamespace(event_type="org.openedx.tests.room.v1", init_data={"room": RoomData})
    return schema_from_signal(signal)


def serializable():
    """Return the signals of which openedx-events can make a schema."""
    load_all_signals()
    found = []
    for signal in OpenEdxPublicSignal.all_events():
        with suppress(Exception):  # it raises many kinds, Exception itself among them
            schema_from_signal(signal)
            found.append(signal)
    return found


@pytest.mark.parametrize("path", ["room.first.label", "room.second.label"])
def test_field_of_a_path(schema, path):
    """Also of a class that is described where it came first."""
    fields, place = schema_field(schema, path)
    assert fields[place] == {"name": "label", "type": "string"}


def test_field_inside_of_nothing():
    """An event whose second shelf is missing has no such field, and may have the shelf."""
    record = {"room": {"first": {"code": None}, "second": None}}
    assert holds(record, "room.first.code")
    assert holds(record, "room.second")
    assert not holds(record, "room.second.code")


def test_value_is_put_where_its_path_leads():
    """And nowhere else."""
    record = {"room": {"first": {"code": "A"}, "second": None}}
    put(record, "room.first.code", "B")
    assert record == {"room": {"first": {"code": "B"}, "second": None}}


def test_every_serializable_event_has_garbage():
    """For each of its fields."""
    signals = serializable()
    assert len(signals) > 60
    for signal in signals:
        paths = {garbage.path for garbage in garbage_of(signal)}
        assert paths == {field.path for field in fields_of(schema_from_signal(signal))}
