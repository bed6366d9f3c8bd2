"""What a worker has in flight."""

from __future__ import annotations

import pytest

from shared.batches import Ignored
from shared.kafka.flight import Flight
from shared.messages import Event
from shared.receivers import ReceiverFailure
from tests.grades import TOPIC, Grade


@pytest.fixture
def events() -> list[Event]:
    """Two events of each of two partitions, in turn."""
    return [Grade(partition=number % 2).event() for number in range(4)]


@pytest.fixture
def flight(events: list[Event]) -> Flight:
    """A flight whose events are decoded and failed with a receiver."""
    return Flight(
        [event.message for event in events],
        [*events[:3], Ignored(events[3].message)],
        [ReceiverFailure(event, print, ValueError()) for event in events],
    )


def test_partitions_that_leave_take_all_of_theirs(flight: Flight, events: list[Event]) -> None:
    """Messages, arrivals and failures stay in step."""
    flight.drop({(TOPIC, 1)})
    assert flight.messages == [events[0].message, events[2].message]
    assert flight.arrivals == [events[0], events[2]]
    assert [failure.event for failure in flight.failures] == [events[0], events[2]]


def test_cut(flight: Flight, events: list[Event]) -> None:
    """What is cut off is returned in its order, to be given back."""
    assert flight.cut(3) == [events[3].message]
    assert flight.messages == [event.message for event in events[:3]]
    assert flight.arrivals == events[:3]


def test_spans(flight: Flight, events: list[Event]) -> None:
    """The log names the first and the last offset of each partition."""
    first, second, third, fourth = (event.message.offset for event in events)
    assert flight.spans() == f"{TOPIC}[0]:{first}-{third},{TOPIC}[1]:{second}-{fourth}"
