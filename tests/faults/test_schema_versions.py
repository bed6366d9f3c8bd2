"""Two versions of an event's schema on one topic, whoever is deployed first.

The registry takes the second version under its strictest rule. The newer consumer shows what it
makes of the new attribute: the subtitle becomes a part of the title.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

import attr
import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient, SchemaRegistryError

from tests.faults.aftermath import assert_flawless
from tests.faults.arena import QUICK, Arena
from tests.faults.encoding import Encoder, subject
from tests.faults.second_version.encoding import (
    BothVersions,
    as_first_version,
    in_both_versions,
)
from tests.faults.stream import Place, What, stream
from tests.processes import Process
from tests.shared.events.changes import BREAKING, READABLE, Change, mutated
from tests.testapp.events import BOOK_CHANGED, BookData

SEED = 20261109

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
FIRST = "tests.process_settings"
SECOND = "tests.faults.second_version.settings"
_COMMITTED = re.compile(r"batch\.committed .* offsets=(\S+) committed_at=(\S+)")
_SPAN = re.compile(r"\[(\d+)\]:(\d+)-(\d+)")


@pytest.fixture
def arena(make_arena):
    """An arena whose topic may carry every version that can be read by all others."""
    arena = make_arena()
    with SchemaRegistryClient({"url": arena.services.registry.url}) as registry:
        registry.set_compatibility(subject(arena.topic, BOOK_CHANGED), "FULL_TRANSITIVE")
    return arena


@pytest.fixture
def size(is_full) -> int:
    """How many events a stream has."""
    return 100_000 if is_full else 3_000


def use_both_versions(arena: Arena) -> None:
    """Let the producers of both versions publish from now on."""
    arena.encoder = BothVersions(arena.services.registry.url, arena.topic)


def start(arena: Arena, settings: str) -> Process:
    """Start a worker of one version."""
    return arena.start(DJANGO_SETTINGS_MODULE=settings, EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK)


def replace_workers(arena: Arena, workers: Iterable[Process], settings: str) -> None:
    """Put a worker of another version into each one's place, while they are in one group."""
    for worker in list(workers):
        start(arena, settings)
        arena.wait_for_members(3)
        assert worker.stop() == 0, worker.tail
        arena.wait_for_members(2)


def settled_by(workers: Iterable[Process], others: Iterable[Process]) -> set[Place]:
    """Return the places that the former have settled before the latter."""
    batches = [(*batch, True) for worker in workers for batch in _batches(worker)]
    batches += [(*batch, False) for worker in others for batch in _batches(worker)]
    first: dict[Place, bool] = {}
    for _, places, is_ours in sorted(batches, key=lambda batch: batch[0]):
        for place in places:
            first.setdefault(place, is_ours)
    return {place for place, is_ours in first.items() if is_ours}


def _batches(worker: Process) -> Iterator[tuple[float, list[Place]]]:
    for spans, time in _COMMITTED.findall(worker.output):
        found = [(int(p), range(int(a), int(b) + 1)) for p, a, b in _SPAN.findall(spans)]
        yield float(time), [(partition, offset) for partition, span in found for offset in span]


def upgrade_producer(arena: Arena, *, consumers: str, events: int) -> None:
    """Let producers of the second version join that of the first, before workers of one version."""
    for _ in range(2):
        start(arena, consumers)
    said = list(stream(SEED, events))
    arena.publish(said[: events // 3])
    arena.wait_for_commits(1)
    use_both_versions(arena)
    arena.publish(in_both_versions(said[events // 3 :]))


def test_producer_first(arena, size):
    """A consumer of the first version reads the second, and overlooks what it doesn't know."""
    upgrade_producer(arena, consumers=FIRST, events=size)
    arena.landed = [as_first_version(each) for each in arena.landed]
    assert_flawless(arena)


def test_consumer_first(arena, size):
    """A consumer of the second version takes the default where the first says nothing."""
    upgrade_producer(arena, consumers=SECOND, events=size)
    assert_flawless(arena, DJANGO_SETTINGS_MODULE=SECOND)


@pytest.mark.parametrize(("before", "after"), [(FIRST, SECOND), (SECOND, FIRST)])
def test_consumers_are_replaced_amid_a_stream(arena, size, before, after):
    """Upgraded or rolled back, one by one: each event is read once, by whoever had it."""
    use_both_versions(arena)
    # Shelves first: whoever settles a parked book may be of the other version.
    said = sorted(in_both_versions(stream(SEED, size)), key=lambda s: s.what is not What.SHELF)
    olds = [start(arena, before) for _ in range(2)]
    arena.wait_for_members(2)
    with arena.publishing(said[: size // 2], rate=size / 15):
        arena.wait_for_commits(1)
        replace_workers(arena, olds, after)
    arena.publish(said[size // 2 :])
    assert arena.drain(), arena.logs()
    news = arena.workers[2:]
    by_first = settled_by(olds, news) if before == FIRST else settled_by(news, olds)
    assert 0 < len(by_first) < len(arena.landed)
    arena.landed = [
        as_first_version(each) if (each.partition, each.offset) in by_first else each
        for each in arena.landed
    ]
    assert_flawless(arena, DJANGO_SETTINGS_MODULE=after)


def test_other_defaults_are_refused(arena):
    """The registry keeps an attribute out that old events lack: openedx-events writes no default.

    Only ``None`` becomes one in the schema.
    """
    added = {"edition": attr.ib(type=int, default=1)}
    book = attr.make_class("BookData", added, bases=(BookData,))
    with pytest.raises(SchemaRegistryError) as raised:
        Encoder(arena.services.registry.url, arena.topic, book=book)
    assert raised.value.http_status_code == 409


def test_registry_refuses_what_a_golden_schema_refuses(arena):
    """And nothing else: the rule of the page and the test of the code are the same."""
    with SchemaRegistryClient({"url": arena.services.registry.url}) as registry:
        refused = {
            name
            for name, change in {**BREAKING, **READABLE}.items()
            if is_refused(registry, f"{arena.topic}-{name}".replace(" ", "-"), change)
        }
    assert refused == BREAKING.keys()


def is_refused(registry: SchemaRegistryClient, subject: str, change: Change) -> bool:
    """Return whether the strictest rule keeps a changed schema out."""
    before, after = (Schema(json.dumps(schema), "AVRO") for schema in mutated(change))
    registry.register_schema(subject, before)
    registry.set_compatibility(subject, "FULL_TRANSITIVE")
    try:
        registry.register_schema(subject, after)
    except SchemaRegistryError as error:
        return bool(error.http_status_code == 409)
    return False
