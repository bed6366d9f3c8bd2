"""Every room gives samples, and they leave nothing unsaid: a newcomer can't forget the contract."""

from __future__ import annotations

import pytest

from shared import registry
from shared.consumer import Room
from tests.contract.bench import columns_of
from tests.contract.catalogue import CHANGING, SAMPLES, each_sample, samples_of
from tests.contract.fields import fields_of

each_consumer = pytest.mark.parametrize(
    "consumer",
    [consumer for room in registry.rooms() for consumer in room.consumers],
    ids=lambda consumer: consumer.name,
)


def missing(room: Room) -> list[str]:
    """Return the routes of a room that don't have exactly one sample."""
    given = [(sample.consumer, sample.signal) for sample in samples_of(room)]
    return [
        f"{room.name}: {consumer.name} of {route.signal.event_type}"
        for consumer in room.consumers
        for route in consumer.routes
        if given.count((consumer, route.signal)) != 1
    ]


def test_every_route_has_a_sample():
    """Of every consumer of every room that is registered."""
    assert [text for room in registry.rooms() for text in missing(room)] == []


def test_missing_samples_are_found(library):
    """The tests' room gives none."""
    assert missing(library) == [
        "tests.testapp: shelves of org.openedx.tests.shelf.changed.v1",
        "tests.testapp: books of org.openedx.tests.book.changed.v1",
    ]


@each_sample
def test_every_field_has_its_bad_values(sample):
    """But for truth values, which are never bad, and texts that nobody reads."""
    fields = {field.path for field in fields_of(sample.signal) if field.type != "boolean"}
    assert {bad.path for bad in sample.bad.values()} == fields - sample.unread
    assert sample.unread < fields


@each_sample
def test_edits_are_of_fields_that_there_are(sample):
    """A misspelt path would change nothing."""
    paths = {path for odd in sample.odd.values() for path in odd.edits}
    paths |= {path for edits in sample.unwanted.values() for path in edits}
    assert paths <= {field.path for field in fields_of(sample.signal)}


@each_sample
def test_every_column_is_said(sample):
    """A column that the samples don't know fails here, and one that isn't there."""
    assert sample.row().keys() == columns_of(sample)


@each_consumer
def test_every_column_has_two_values(consumer):
    """So that one that is always the same is found out."""
    rows = [
        sample.row(number, state)
        for sample in SAMPLES
        if sample.consumer == consumer
        for state in range(len(sample.changes) + 1)
        for number in (1, 9)
    ]
    assert [name for name in rows[0] if len({row[name] for row in rows}) == 1] == []


def test_there_are_samples():
    """The contract has something to look at."""
    assert len(SAMPLES) >= len(CHANGING) > 0


@pytest.mark.parametrize("name", ["bad", "odd", "unwanted"])
def test_tables_are_not_empty(name):
    """Some sample has entries of each kind."""
    assert any(getattr(sample, name) for sample in SAMPLES)
