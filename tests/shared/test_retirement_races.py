"""A retirement beside a worker: what the batch on its way brings is found and removed."""

from __future__ import annotations

from contextlib import suppress
from threading import Event

import pytest

from shared.exceptions import TransientError
from shared.models import ParkedEvent, RetirementGate
from shared.outcomes import Outcome
from shared.retirement import block
from shared.testing import registered
from tests.library import DIRECT, book, outcomes, settled, shelf
from tests.processes import PATIENCE
from tests.readers import READERS, called, erased
from tests.testapp.models import Book
from tests.testapp.room import ROOM, SHELVES
from tests.threads import before

NAME = "Persuasion"


@pytest.fixture
def room(threads, monkeypatch):
    """The tests' room, whose books name learners; the threads have no other room's tables."""
    with registered(ROOM, SHELVES, READERS) as room:
        monkeypatch.setattr("shared.erasure.registry.rooms", lambda: (room,))
        threads.run(lambda: settled(room, shelf()))
        threads.run(lambda: RetirementGate.objects.get_or_create(pk=RetirementGate.THE_ONE))
        yield room


def test_batch_on_its_way_is_waited_for(room, threads):
    """It looked before the learner was retired and commits afterwards: the erasure finds all."""
    has_looked = Event()
    results = []

    def work() -> None:
        with before('INSERT INTO ["`]testapp_book', has_looked.set):
            events = (book("1", NAME), book("2", NAME, code="nowhere", **DIRECT))
            results.extend(outcomes(settled(room, *events)))

    def retire() -> None:
        assert has_looked.wait(PATIENCE)
        block(called(NAME))
        erased(called(NAME))

    def look() -> None:
        assert list(Book.objects.values_list("title", flat=True)) == [""]
        assert not ParkedEvent.objects.exists()

    threads.run(work, retire)
    assert results == [Outcome.APPLIED, Outcome.PARKED]
    threads.run(look)


def test_batch_that_comes_later_waits(room, threads, two_can_write):
    """It sees who is retired by then, whatever it had read before."""
    ended: list[list[Outcome]] = []

    def retire() -> None:
        with before('INSERT INTO ["`]event_sync_retiredlearner', has_begun.set):
            block(called(NAME))

    def work() -> None:
        assert has_begun.wait(PATIENCE)
        # Again where the database asks for that, as a worker does.
        while not ended:
            with suppress(TransientError):
                ended.append(outcomes(settled(room, shelf("B"), book("1", NAME))))

    has_begun = Event()
    threads.run(lambda: block(called("Emma")))
    threads.run(retire, work)
    assert ended == [[Outcome.APPLIED, Outcome.FILTERED]]


def test_two_retirements_at_once(room, threads):
    """Both are remembered."""
    threads.run(lambda: block(called(NAME)), lambda: block(called("Emma", NAME)))

    def look() -> None:
        events = (book("1", NAME), book("2", "Emma"), book("3", "Lady Susan"))
        ended = outcomes(settled(room, *events))
        assert ended == [Outcome.FILTERED, Outcome.FILTERED, Outcome.APPLIED]

    threads.run(look)
