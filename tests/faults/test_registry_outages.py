"""A schema registry that is away, slow or confused is waited for; what it really lacks is poison.

In each outage there are events whose schema no worker has seen yet.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import sleep
from typing import Any

import attr
import pytest

from tests.faults.aftermath import assert_flawless
from tests.faults.arena import QUICK, Arena
from tests.faults.encoding import Encoder
from tests.faults.registry_front import Answer, front_of, saying
from tests.faults.stream import Said, What, stream
from tests.processes import TO_END
from tests.testapp.events import BookData

SEED = 20261104
OUTAGE = 5.0
"""So many seconds outlast the workers' sessions and ``REGISTRY_TIMEOUT``."""
PATIENT = {"ISOLATE_AFTER_ATTEMPTS": 1_000_000}
HTML = b"<html><body>Sign in to go on</body></html>"
CONFUSED = {
    "HTTP 500": saying({"error_code": 50001, "message": "Error in the backend"}, status=500),
    "HTTP 503 of something else": Answer(503, HTML, "text/html"),
    "HTTP 404 of something else": Answer(404, HTML, "text/html"),
    "a page": Answer(200, HTML, "text/html"),
    "a page that says it is JSON": Answer(200, HTML),
    "nothing": Answer(200, b""),
    "no schema": saying({"status": "ok"}),
    "a body cut short": Answer(200, b'{"schema": "{', promised=4_000),
    "a schema that is no JSON": saying({"schema": HTML.decode()}),
    "a schema that is no Avro": saying({"schema": '{"status": "ok"}'}),
}

Watch = Callable[[int], object]
"""Looks at the arena while the registry is away; is told how many messages were there before."""


def registry_down_at_start(arena: Arena, *, events: int, watch: Watch = bool) -> None:
    """Start two workers while the registry is down, give them a stream, and bring it back."""
    arena.services.registry.kill()
    _start_two(arena)
    arena.publish(stream(SEED, events))
    sleep(OUTAGE)
    watch(0)
    arena.services.registry.start()


def registry_down_midstream(arena: Arena, *, events: int, watch: Watch = bool) -> None:
    """Kill the registry under two workers, and publish with a schema that they haven't seen."""
    _disturb(arena, arena.services.registry.kill, events, watch)


def registry_frozen_midstream(arena: Arena, *, events: int, watch: Watch = bool) -> None:
    """Freeze the registry instead: it takes each request and doesn't answer."""
    _disturb(arena, arena.services.registry.pause, events, watch)


def _disturb(arena: Arena, disturb: Callable[[], None], events: int, watch: Watch) -> None:
    _start_two(arena)
    said = list(stream(SEED, events))
    before, during = len(said) // 2, len(said) * 3 // 4
    arena.publish(said[:before])
    assert arena.drain(), arena.logs()
    use_new_schema(arena, "subtitle")
    disturb()
    arena.publish(said[before:during])
    sleep(OUTAGE)
    watch(before)
    with arena.publishing(said[during:], rate=events / OUTAGE):
        arena.services.registry.start()


def _start_two(arena: Arena, **environment: Any) -> None:
    for _ in range(2):
        arena.start(EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK, **environment)
    arena.wait_for_members(2)


def use_new_schema(arena: Arena, attribute: str) -> None:
    """Publish books with one more optional attribute from now on: with an id nobody has seen."""
    added = {attribute: attr.ib(type=str, default=None)}
    book = attr.make_class("BookData", added, bases=(BookData,))
    arena.encoder = Encoder(arena.services.registry.url, arena.topic, book=book)


def assert_they_wait(arena: Arena, before: int) -> None:
    """Assert that all keep their place in the group, and that no offset passes a book."""
    for worker in arena.workers:
        worker.wait_for("batch.waiting .*The schema registry")
        since = worker.output[worker.output.index("batch.waiting") :]
        assert "partitions." not in since, worker.tail
    assert_no_book_is_passed(arena, before)


def assert_no_book_is_passed(arena: Arena, before: int) -> None:
    """Assert that no offset passes a book that was published after so many messages."""
    first: dict[int, int] = {}
    for said, partition, offset in arena.landed[before:]:
        if said.what is What.BOOK:
            first.setdefault(partition, offset)
    committed = arena.committed()
    assert all(committed.get(part, 0) <= offset for part, offset in first.items()), arena.logs()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_down_at_start(arena, is_full):
    """The workers join their group without it, and wait with the first event."""
    events = 50_000 if is_full else 2_000
    registry_down_at_start(arena, events=events, watch=partial(assert_they_wait, arena))
    assert_flawless(arena)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_down_amid_a_stream(arena, is_full):
    """The event whose schema can't be had waits, and so does what stands behind it."""
    events = 50_000 if is_full else 2_000
    registry_down_midstream(arena, events=events, watch=partial(assert_they_wait, arena))
    assert_flawless(arena)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_frozen_amid_a_stream(arena, is_full):
    """So it is with one that doesn't answer, and a worker that waits for it ends when told to."""

    def watch(before: int) -> None:
        assert_they_wait(arena, before)
        assert arena.workers[0].stop(timeout=TO_END) == 0

    registry_frozen_midstream(arena, events=50_000 if is_full else 2_000, watch=watch)
    assert_flawless(arena)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_slow(arena):
    """An answer that is late, within ``REGISTRY_TIMEOUT``, is as good as any."""
    with front_of(arena.services.registry.url) as front:
        front.delay = 2.0
        environment: dict[str, Any] = {"EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL": front.url}
        worker = arena.start(**environment)
        arena.publish(stream(SEED, 500))
        assert arena.drain(), arena.logs()
        assert "batch.waiting" not in worker.output
        assert_flawless(arena, **environment)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_confused(arena):
    """Whatever is said instead of a schema: the event waits for a better answer."""
    said, size = list(stream(SEED, 100 * len(CONFUSED))), 100
    with front_of(arena.services.registry.url) as front:
        environment: dict[str, Any] = {
            "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL": front.url,
            "EVENT_SYNC": PATIENT,
        }
        _start_two(arena, **environment)
        for number, answer in enumerate(CONFUSED.values()):
            use_new_schema(arena, f"attribute_{number}")
            before, front.instead = len(arena.landed), answer
            arena.publish(said[number * size : (number + 1) * size])
            front.wait_for_refusals(5)
            assert_no_book_is_passed(arena, before)
            front.instead = None
            assert arena.drain(), arena.logs()
        arena.publish(said[len(CONFUSED) * size :])
        assert_flawless(arena, **environment)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_unknown_ids_are_poison(arena):
    """The real registry says so of each id that it could have, in the words of its protocol."""
    said = list(stream(SEED, 600))
    arena.start()
    arena.publish(said[:300])
    for schema_id in (0, 2**31 - 1, 2**31, 2**32 - 1):
        value = b"\0" + schema_id.to_bytes(4, "big") + b"data"
        arena.produce(Said(What.UNDECODABLE, 0, f"key {schema_id}"), value=value)
    arena.publish(said[300:])
    assert_flawless(arena)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_schema_that_stays_no_avro_is_poison(arena):
    """It doesn't hold up the others for ever, and the events with it are kept whole."""
    # Cut, so that it is poison still when the schema is mended.
    value = arena.encoder.value(Said(What.BOOK, 0, "A", "1", "Emma", 3))[:5]
    path = f"/schemas/ids/{int.from_bytes(value[1:], 'big')}"
    with front_of(arena.services.registry.url) as front:
        front.instead, front.where = saying({"schema": "{}"}), path
        worker = arena.start(EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL=front.url)
        for number in range(3):
            arena.produce(Said(What.UNDECODABLE, 0, f"key {number}"), value=value)
        arena.publish(said for said in stream(SEED, 300) if said.what is What.SHELF)
        assert arena.drain(), arena.logs()
        worker.wait_for("batch.waiting .*The schema registry answered with what is no Avro schema")
        assert (
            len(arena.query("SELECT * FROM event_sync_deadletter WHERE error LIKE '%Avro%'")) == 3
        )
        front.instead = None
        arena.publish(stream(SEED, 300))
        assert_flawless(arena)
