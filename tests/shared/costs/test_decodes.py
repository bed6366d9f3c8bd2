"""What is read of a message, and of the schema registry: once what is needed, nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import wraps
from typing import Any

import fastavro
import pytest
from openedx_events.content_authoring.signals import COURSE_CERTIFICATE_CONFIG_CHANGED

from credentials_grades_sync.standalone import destination
from shared.batches import Ignored
from shared.exceptions import TransientError
from shared.messages import Event
from tests.contract.bench import Bench
from tests.credentials_grades_sync.samples import CHANGED, SUMMED_UP
from tests.shared.costs.ceilings import READINGS_OF_HEADERS, READINGS_WHEN_IGNORED
from tests.shared.costs.meters import Statements
from tests.shared.costs.spying import spy_on
from tests.wire import with_header

UNKNOWN = b"org.openedx.tests.nobody.knows.v1"
UNHEARD = COURSE_CERTIFICATE_CONFIG_CHANGED.event_type.encode()


class Headers(tuple[tuple[str, "bytes | None"], ...]):
    """Headers that count how often somebody goes through them."""

    readings = 0

    def __iter__(self) -> Iterator[tuple[str, bytes | None]]:
        type(self).readings += 1
        return super().__iter__()


@pytest.fixture
def bench(wire) -> Bench:
    """Grades on the wire."""
    return Bench(wire, CHANGED)


@pytest.fixture
def readings(monkeypatch) -> list[tuple[Any, ...]]:
    """The arguments of each reading of Avro."""
    return spy_on(monkeypatch, fastavro.schemaless_reader)


def events(bench, size) -> list:
    """Return so many events of different rows."""
    return [bench.event(number) for number in range(1, size + 1)]


@pytest.mark.parametrize("size", [1, 10, 500])
def test_each_event_is_read_once(take_turns, bench, readings, size):
    """Through the whole turn of a worker."""
    take_turns(CHANGED.room, [events(bench, size)], Statements())
    assert len(readings) == size


@pytest.mark.parametrize("event_type", [UNKNOWN, UNHEARD], ids=["unknown", "unheard"])
def test_what_nobody_listens_to_is_not_read(take_turns, bench, readings, event_type):
    """Neither an event that no library knows, nor one that no room and no receiver wants."""
    others = [with_header(event, "ce_type", event_type) for event in events(bench, 10)]
    take_turns(CHANGED.room, [[*events(bench, 3), *others]], Statements())
    assert len(readings) == 3


def test_what_is_retried_is_not_read_again(take_turns, bench, readings, monkeypatch):
    """The decoded batch waits until the database is there again."""
    write, failures = destination.write_user_grades, [TransientError("away")] * 2

    @wraps(write)
    def write_later(records):
        if failures:
            raise failures.pop()
        return write(records)

    monkeypatch.setattr(destination, "write_user_grades", write_later)
    take_turns(CHANGED.room, [events(bench, 10)], Statements())
    assert failures == []
    assert len(readings) == 10


@pytest.mark.parametrize(
    ("event_type", "kind", "ceiling"),
    [
        (CHANGED.signal.event_type.encode(), Event, READINGS_OF_HEADERS),
        (UNHEARD, Ignored, READINGS_WHEN_IGNORED),
        (UNKNOWN, Ignored, READINGS_WHEN_IGNORED),
    ],
    ids=["wanted", "unheard", "unknown"],
)
def test_readings_of_headers(wire, bench, event_type, kind, ceiling):
    """How often the headers of a message are gone through until it is decoded, or ignored."""
    message = with_header(bench.event(), "ce_type", event_type)
    Headers.readings = 0
    message = replace(message, headers=Headers(message.headers))
    (arrival,) = wire.decoder.arrivals([message], CHANGED.room)
    assert isinstance(arrival, kind)
    assert 0 < Headers.readings <= ceiling


def test_each_schema_is_fetched_once(take_turns, bench, wire, registry):
    """However many messages have it."""
    both = [bench, Bench(wire, SUMMED_UP)]
    batches = [[each.event(number) for number in (1, 2, 3) for each in both] for _ in range(3)]
    ids = {int.from_bytes(each.value[1:5], "big") for batch in batches for each in batch}
    registry.asked.clear()
    take_turns(CHANGED.room, batches, Statements())
    fetched = Counter(path.partition("?")[0] for path in registry.asked)
    assert fetched == {f"/schemas/ids/{number}": 1 for number in ids}
