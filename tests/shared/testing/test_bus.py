"""The bus in memory holds what the stock producer writes; a room takes it as its worker does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from openedx_events.learning.signals import COURSE_ENROLLMENT_CREATED

from shared import registry
from shared.exceptions import ConfigurationError
from shared.models import DeadLetter
from shared.outcomes import Outcome
from shared.testing import InMemoryBus
from shared.testing.factories import data_of
from tests.contract.catalogue import each_sample
from tests.testapp.events import BOOK_CHANGED, SHELF_CHANGED, BookData, ShelfData
from tests.testapp.models import Book, Shelf
from tests.wire import NOW, Wire, running_wire

APPLIED, DEAD = Outcome.APPLIED, Outcome.DEAD
SHELF = ShelfData(code="A", label="novels")
BOOK = BookData(code="A", isbn="1", title="Emma", price=1)


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Producer, registry and decoder."""
    with running_wire() as running:
        yield running


def outcomes(result):
    """Return the outcomes, in the order in which events ended."""
    return [ending.outcome for ending in result.endings]


def unframed(data):
    """Return the magic byte and the Avro data, without the schema's id between them."""
    return data[:1], data[5:]


@each_sample
def test_message_is_that_of_the_stock_producer(wire, sample):
    """Topic, key, value and headers of every event that the rooms use, but for ids."""
    ours = InMemoryBus().message(sample.signal, time=NOW, **sample.data())
    stock = wire.message(sample.signal, time=NOW, **sample.data())
    assert ours.topic == stock.topic
    assert unframed(ours.key) == unframed(stock.key)
    assert unframed(ours.value) == unframed(stock.value)
    assert dict(ours.headers) | {"ce_id": b""} == dict(stock.headers) | {"ce_id": b""}


def test_schemas_are_those_of_the_stock_producer(wire):
    """The registry has the same texts: a consumer reads by them."""
    bus = InMemoryBus()
    known = set(wire.registry.schemas.texts)
    for room in registry.rooms():
        for signal in room.signals:
            bus.publish(signal, **data_of(signal))
            wire.message(signal, **data_of(signal))
    assert set(bus.schemas.texts) == set(wire.registry.schemas.texts) - known


@pytest.mark.django_db
def test_room_takes_what_it_has_not_had(library, event_bus):
    """Once; what is published later comes later."""
    event_bus.publish(SHELF_CHANGED, shelf=SHELF)
    assert outcomes(event_bus.run(library)) == [APPLIED]
    assert outcomes(event_bus.run(library)) == []
    event_bus.publish(BOOK_CHANGED, book=BOOK)
    assert outcomes(event_bus.run(library)) == [APPLIED]
    assert (Shelf.objects.count(), Book.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_rewound_room_takes_all_again(library, event_bus):
    """As after a lost commit: the rows are as before."""
    event_bus.publish(SHELF_CHANGED, shelf=SHELF)
    event_bus.run(library)
    event_bus.rewind(library)
    assert outcomes(event_bus.run(library)) == [Outcome.UNCHANGED]


@pytest.mark.django_db
@pytest.mark.parametrize("batch_size", [1, 2, None])
def test_orphan_is_retried_when_its_parent_has_come(library, event_bus, batch_size):
    """In the same run, whatever the size of the batches."""
    for _ in range(2):
        event_bus.publish(BOOK_CHANGED, book=BOOK)
    event_bus.publish(SHELF_CHANGED, shelf=SHELF)
    event_bus.run(library, batch_size=batch_size)
    assert Book.objects.get().title == "Emma"


@pytest.mark.django_db
def test_damaged_message_is_a_dead_letter(library, event_bus):
    """Also one whose schema the registry doesn't have, or has and can't read."""
    message = event_bus.message(SHELF_CHANGED, shelf=SHELF)
    for value in (None, b"garbage", b"\0\0\0\0\x63x", event_bus.framed('{"a": 1}', b"x")):
        event_bus.put(replace(message, value=value, offset=len(event_bus.messages)))
    assert outcomes(event_bus.run(library)) == [DEAD] * 4
    assert DeadLetter.objects.count() == 4


@pytest.mark.django_db
def test_event_bears_the_time_that_the_test_says(library, event_bus):
    """And the offset that follows in its partition."""
    time = datetime(2026, 1, 1, tzinfo=UTC)
    first = event_bus.publish(SHELF_CHANGED, time=time, partition=1, shelf=SHELF)
    second = event_bus.publish(SHELF_CHANGED, time=time, partition=1, shelf=SHELF)
    event_bus.run(library)
    position = Shelf.objects.get().position
    assert (position.time, position.offset) == (time, second.offset)
    assert (first.offset, second.offset) == (0, 1)


@pytest.mark.django_db
def test_event_is_on_each_topic_on_which_a_room_expects_it(library, elsewhere, event_bus):
    """As if the producer's settings named all of them."""
    event_bus.publish(SHELF_CHANGED, shelf=SHELF)
    places = {(each.topic, each.offset) for each in event_bus.messages}
    assert places == {("tests-library", 0), ("tests-elsewhere", 0)}
    assert outcomes(event_bus.run(library)) == [APPLIED]
    assert [ending.consumer for ending in event_bus.run(elsewhere).endings] == ["other-shelves"]


def test_event_that_nobody_consumes(event_bus):
    """It has no topic: who tests a room that isn't installed is told so."""
    with pytest.raises(ConfigurationError, match=r"No registered room .*Hint: Add its app"):
        event_bus.publish(COURSE_ENROLLMENT_CREATED)


def test_run_without_a_database(library, event_bus):
    """pytest-django says what is missing, and not the pipeline what failed."""
    with pytest.raises(RuntimeError, match="Database access not allowed"):
        event_bus.run(library)
