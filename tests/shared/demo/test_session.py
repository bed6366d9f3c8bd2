"""A run that can't end well ends soon, and says why."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from edx_event_bus_kafka.internal.config import get_schema_registry_client
from rich.console import Console

from shared.demo import DemoFailed, session
from shared.demo.bus import embedded_bus
from shared.demo.part import Performance
from shared.demo.stream import Run

pytestmark = pytest.mark.django_db

ROOM: Any = SimpleNamespace(name="library", topics=("books",))
PART: Any = SimpleNamespace(
    expected_rows=lambda landed: {("A",): {}}, stored_rows=lambda run: {("A",): {}}
)


class Worker:
    """A worker that never settles anything, and may end."""

    name = "nobody"

    def __init__(self, failure=None):
        self.committed_at: dict[Any, float] = {}
        self._failure = failure

    def check(self):
        """Tell that it has ended, if it has."""
        if self._failure:
            raise self._failure


def publish(worker, stream):
    """Publish a stream to a bus with this worker."""
    run = Run(events=len(stream), seed=1, started=datetime(2026, 3, 4, tzinfo=UTC))
    performance = Performance(room=ROOM, part=PART, run=run, stream=stream)
    with embedded_bus(run.name, ROOM.topics) as bus:
        running = session.Session([performance], bus, [worker])
        try:
            return running.publish(rate=0, console=Console(file=io.StringIO()))
        finally:
            get_schema_registry_client().close()  # the stock producer's, which it never closes


def test_a_standstill_ends_the_run(book, plan, monkeypatch):
    """Every event without an outcome is named by its place."""
    monkeypatch.setattr(session, "_STANDSTILL", 0.2)
    monkeypatch.setattr(session, "_LOG_PATIENCE", 1.0)
    result = publish(Worker(), [plan(book(1)), plan(book(2))])
    assert result.lost == 2
    assert result.problems[0] == "2 events have no outcome"
    assert sum("(book) was not committed" in problem for problem in result.problems) == 2


def test_a_worker_that_ends_ends_the_run(book, plan):
    """At once, with what the worker said."""
    with pytest.raises(DemoFailed, match="its last words"):
        publish(Worker(DemoFailed("its last words")), [plan(book(1))] * 1000)
