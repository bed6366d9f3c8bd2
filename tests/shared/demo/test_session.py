"""A run that can't end well ends soon, and says why; one in which an event waits goes on."""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from typing import Any

import pytest
from edx_event_bus_kafka.internal.config import get_schema_registry_client
from rich.console import Console

from shared.demo import DemoFailed, session
from shared.demo.bus import embedded_bus
from shared.outcomes import Outcome
from tests.shared.demo.conftest import ROOM

pytestmark = pytest.mark.django_db


class Worker:
    """A worker that never settles anything, and may end."""

    name = "nobody"
    parked = 0

    def __init__(self, failure=None):
        self.committed_at: dict[Any, float] = {}
        self._failure = failure

    def check(self):
        """Tell that it has ended, if it has."""
        if self._failure:
            raise self._failure


class Tally:
    """Finds these outcomes, one after another; the last ones for good."""

    def __init__(self, *outcomes):
        self._outcomes = [*outcomes]

    def read(self):
        """Return the next outcomes."""
        current = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
        return defaultdict(Counter, {ROOM.name: Counter(current)})


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Wait no longer than the tests need."""
    monkeypatch.setattr(session, "_STANDSTILL", 0.4)
    monkeypatch.setattr(session, "_LOG_PATIENCE", 0.4)


def publish(worker, performance, *, tally=None):
    """Publish a stream to a bus with this worker, and return how it ended."""
    with embedded_bus(performance.run.name, ROOM.topics) as bus:
        running = session.Session([performance], bus, [worker])
        running._tally = tally or running._tally
        try:
            results = running.publish(rate=0, console=Console(file=io.StringIO()))
        finally:
            get_schema_registry_client().close()  # the stock producer's, which it never closes
    return results.rooms[ROOM.name]


def test_a_standstill_ends_the_run(book, plan, perform, monkeypatch):
    """Every event without an outcome is named by its place."""
    # The places are told by an observer, which may be late on busy cores.
    monkeypatch.setattr(session, "_LOG_PATIENCE", 5.0)
    result = publish(Worker(), perform(plan(book(1)), plan(book(2))))
    assert result.lost == 2
    assert result.problems[0] == "2 events have no outcome"
    assert sum("(book) was not committed" in problem for problem in result.problems) == 2


def test_a_worker_that_ends_ends_the_run(book, plan, perform):
    """At once, with what the worker said."""
    with pytest.raises(DemoFailed, match="its last words"):
        publish(Worker(DemoFailed("its last words")), perform(*[plan(book(1))] * 1000))


def test_an_event_that_waits_for_its_parent_is_waited_for(book, plan, perform):
    """To be parked is its last outcome only where the stream says so."""
    tally = Tally({Outcome.PARKED: 1}, {Outcome.PARKED: 1}, {Outcome.APPLIED: 1})
    assert publish(Worker(), perform(plan(book(1))), tally=tally).outcomes[Outcome.APPLIED] == 1


def test_an_event_that_is_to_wait_for_ever_ends_the_run(book, plan, perform, monkeypatch):
    """Parked, it has its last outcome."""
    monkeypatch.setattr(session, "_STANDSTILL", 60.0)
    performance = perform(plan(book(1), ends_as=Outcome.PARKED))
    result = publish(Worker(), performance, tally=Tally({Outcome.PARKED: 1}))
    assert "ended as" not in " ".join(result.problems)


def test_an_event_that_waits_in_vain_is_a_problem(book, plan, perform):
    """Its parent came and it is still parked."""
    result = publish(Worker(), perform(plan(book(1))), tally=Tally({Outcome.PARKED: 1}))
    assert result.problems[0] == "1 events ended as parked, 0 were to"
