"""The embedded bus carries events from the stock producer to the real worker, without Docker."""

from __future__ import annotations

import pytest

from shared.exceptions import ConfigurationError
from shared.models import ParkedEvent
from shared.testing import embedded
from tests.testapp.events import BOOK_CHANGED, SHELF_CHANGED, BookData, ShelfData
from tests.testapp.models import Book, Shelf

SHELF = ShelfData(code="A", label="novels")
BOOK = BookData(code="A", isbn="1", title="Emma", price=1)


def test_worker_takes_what_was_published(transactional_db, library, embedded_bus):
    """Children before their parents, and what is published afterwards in another run."""
    embedded_bus.publish(BOOK_CHANGED, book=BOOK)
    embedded_bus.publish(SHELF_CHANGED, shelf=SHELF)
    embedded_bus.run(library)
    assert Book.objects.get().title == "Emma"
    assert not ParkedEvent.objects.exists()
    later = BookData(code="A", isbn="1", title="Persuasion", price=1)
    embedded_bus.publish(BOOK_CHANGED, book=later)
    embedded_bus.run(library)
    assert Book.objects.get().title == "Persuasion"


def test_event_is_on_each_topic_on_which_a_room_expects_it(
    transactional_db, library, elsewhere, embedded_bus
):
    """As if the producer's settings named all of them."""
    embedded_bus.publish(SHELF_CHANGED, shelf=SHELF)
    for room in (library, elsewhere):
        Shelf.objects.all().delete()
        embedded_bus.run(room)
        assert Shelf.objects.get().label == "novels"


def test_room_without_events(transactional_db, library, embedded_bus):
    """The worker is at the end of its topics at once."""
    embedded_bus.run(library)
    assert not Book.objects.exists()


def test_run_inside_a_transaction(db, library, embedded_bus):
    """The worker's commits would be none: it says what to ask for."""
    with pytest.raises(ConfigurationError, match=r"transaction\. Hint: Use .*transactional_db"):
        embedded_bus.run(library)


def test_run_without_a_database(library, embedded_bus):
    """pytest-django says what is missing, and not the worker what failed."""
    with pytest.raises(RuntimeError, match="Database access not allowed"):
        embedded_bus.run(library)


def test_worker_that_does_not_come_to_the_end(transactional_db, library, embedded_bus, monkeypatch):
    """The test fails, and doesn't hang."""
    monkeypatch.setattr(embedded, "PATIENCE", 0.0)
    embedded_bus.publish(SHELF_CHANGED, shelf=SHELF)
    with pytest.raises(TimeoutError, match="didn't reach the end of its topics"):
        embedded_bus.run(library)
