"""There are data for every event that the rooms use, and a clear word where there is no factory."""

from __future__ import annotations

import sys

import pytest
from openedx_events.event_bus.avro.deserializer import deserialize_bytes_to_event_data
from openedx_events.event_bus.avro.serializer import serialize_event_data_to_bytes
from openedx_events.learning.signals import (
    COURSE_ENROLLMENT_CREATED,
    STUDENT_REGISTRATION_COMPLETED,
)

from shared import registry
from shared.consumer import Room
from shared.exceptions import ConfigurationError
from shared.outcomes import Outcome
from shared.testing import deliver, factories, make_event
from shared.testing.factories import data_of
from tests.shared.events.golden import declared_signals

USED = [
    pytest.param(room, signal, id=signal.event_type)
    for room in registry.rooms()
    for signal in room.signals
]


@pytest.mark.django_db
@pytest.mark.parametrize(("room", "signal"), USED)
def test_data_are_such_as_the_room_wants(room: Room, signal):
    """They come back from Avro as they were, and the event is applied or waits for its parent."""
    data = data_of(signal)
    as_bytes = serialize_event_data_to_bytes(data, signal)
    assert deserialize_bytes_to_event_data(as_bytes, signal) == data
    (ending,) = deliver(room, make_event(signal, **data)).endings
    assert ending.outcome in (Outcome.APPLIED, Outcome.PARKED)


@pytest.mark.parametrize("signal", [each.signal for each in declared_signals()], ids=str)
def test_every_event_of_ours_has_a_factory(signal):
    """And makes what its signal declares."""
    ((argument, made),) = data_of(signal).items()
    assert {argument: type(made)} == signal.init_data


@pytest.mark.parametrize(("room", "signal"), USED)
def test_each_is_about_a_row_of_its_own(room: Room, signal):
    """Unless the test says about which."""
    routes = (consumer.route_for(signal.event_type) for consumer in room.consumers)
    route = next(filter(None, routes))
    events = [make_event(signal, **data_of(signal)) for _ in range(2)]
    assert len({route.to_record(event.data, event.metadata).key for event in events}) == 2


@pytest.mark.parametrize("signal", [COURSE_ENROLLMENT_CREATED, STUDENT_REGISTRATION_COMPLETED])
def test_event_that_no_room_uses(signal):
    """It says what to do instead."""
    with pytest.raises(ConfigurationError, match=r"no factory for .*Hint: Make its data"):
        data_of(signal)


def test_without_factory_boy(monkeypatch):
    """One clear line names the extra."""
    for name in [name for name in sys.modules if name.split(".")[0] == "factory"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, factories.__name__)
    with pytest.raises(ImportError, match=r"pip install 'openedx-event-sync\[testing\]'"):
        __import__(factories.__name__)
