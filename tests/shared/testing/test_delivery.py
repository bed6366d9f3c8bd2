"""What a squad's tests use does what a worker would."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from shared import registry
from shared.cloudevents import metadata_of
from shared.direct import decode_stored
from shared.models import OutcomeCount
from shared.outcomes import Outcome
from shared.testing import deliver, make_event, registered
from tests.library import book, outcomes, shelf
from tests.testapp.events import SHELF_CHANGED, ShelfData
from tests.testapp.room import ROOM, SHELVES

ID = UUID("12345678-1234-5678-1234-567812345678")


def test_event_is_as_a_worker_would_have_decoded_it():
    """Its message decodes back to it."""
    event = shelf()
    decoded = decode_stored(event.message)
    assert (decoded.signal, decoded.data, decoded.metadata) == (
        event.signal,
        event.data,
        event.metadata,
    )


def test_event_is_where_and_when_the_test_says():
    """Every part of an event's position can be chosen."""
    time = timezone.now() - timedelta(days=1)
    event = make_event(
        SHELF_CHANGED,
        time=time,
        topic="library",
        partition=3,
        offset=7,
        event_id=ID,
        shelf=ShelfData(code="A", label="novels"),
    )
    assert event.message.place == "library[3]@7"
    assert (event.metadata.time, event.metadata.id) == (time, ID)
    assert metadata_of(event.message.headers) == event.metadata


def test_later_event_of_the_same_time_is_newer():
    """Each event gets the next offset, as on a real topic."""
    now = timezone.now()
    assert shelf(time=now).position < shelf(time=now).position


@pytest.mark.django_db
def test_delivery_takes_the_workers_way(library):
    """Events are emitted, collected and settled as one batch in a real database."""
    result = deliver(library, book(), shelf(), book(title="unwanted"))
    assert outcomes(result) == [Outcome.APPLIED, Outcome.APPLIED, Outcome.FILTERED]
    assert OutcomeCount.objects.get(consumer="books").worker == "tests"


@pytest.mark.django_db
def test_delivery_happens_when_the_test_says(library):
    """``now`` is the time of settling."""
    now = timezone.now().replace(year=2030)
    deliver(library, shelf(), now=now)
    assert OutcomeCount.objects.get().minute == now.replace(second=0, microsecond=0)


def test_room_is_registered_for_a_block_only():
    """A test that fails inside leaves no room behind."""
    with pytest.raises(ZeroDivisionError), registered(ROOM, SHELVES):
        raise ZeroDivisionError
    assert ROOM not in [room.name for room in registry.rooms()]
