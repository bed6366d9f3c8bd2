"""A race: one contestant, a fresh database, a stream; how long until the table says it all.

The contestant joins its group and settles a few events. Then it is stopped (SIGSTOP) while the
stream is published, so that the publisher takes no part in the race; the clock runs from its
continuation until the group has committed all offsets and the table holds the stream's rows.
Whoever ends with other rows has lost its race: ``Cheated``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from tests.benchmark.consuming import Consuming
from tests.benchmark.contestants import REST, Contestant
from tests.benchmark.databases import SETTINGS_MODULE, Database
from tests.benchmark.posting import Posting
from tests.benchmark.publisher import Publisher
from tests.benchmark.stream import Stream
from tests.benchmark.table import Table, expected_of
from tests.benchmark.usage import Usage
from tests.services import Services

PATIENCE = 600.0
"""So many seconds without an end, and a contestant has failed."""
_LATE = 10.0
"""How long rows may follow after the offsets; the clock runs meanwhile."""


class Cheated(Exception):
    """A contestant was done and its table didn't say what the stream says."""


@dataclass(frozen=True)
class Lap:
    """One contestant's race."""

    events: int
    seconds: float
    worker: Usage
    """Of the contestant's own processes."""
    database: Usage
    """Of the database server's."""
    peak: int
    """The most memory in bytes that one of its processes has held."""
    topic_bytes: int
    """The size of the topic on the broker."""

    @property
    def rate(self) -> float:
        """Events per second."""
        return self.events / self.seconds


class Witness:
    """Who looks at the table at three moments of a race, when the clock doesn't run."""

    def prepare(self, table: Table) -> None:
        """The table is empty and nobody has begun."""

    def start(self, table: Table) -> None:
        """The contestant is about to go."""

    def end(self, table: Table) -> None:
        """The contestant is done."""


class Contest:
    """The servers on which the races are run."""

    def __init__(self, services: Services, folder: Path) -> None:
        self.services = services
        self.folder = folder
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": SETTINGS_MODULE,
            "EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS": services.kafka.bootstrap_servers(),
            "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL": services.registry.url,
            "LOG_LEVEL": "ERROR",
        }
        import django

        django.setup()
        self.publisher = Publisher(services.kafka.bootstrap_servers())

    def race(
        self,
        contestant: Contestant,
        stream: Stream,
        database: Database,
        *,
        workers: int = 1,
        witness: Witness | None = None,
    ) -> Lap:
        """Let one contestant run from its stand to the stream's last event."""
        witness = witness or Witness()
        expected = expected_of(stream)
        with ExitStack() as stack:
            url, table = stack.enter_context(fresh(database))
            witness.prepare(table)
            entry = stack.enter_context(self.entry(contestant, url, workers))
            entry.warm_up()
            entry.line_up(stream)
            witness.start(table)
            used, server_used = entry.usage(), database.usage()
            started = monotonic()
            entry.go()
            seconds = _finish(entry, table, stream, expected) - started
            if contestant.keeps_positions and (wrong := table.positions_off(stream)):
                raise Cheated(f"{contestant.name}: {wrong} rows have another event's position.")
            witness.end(table)
            return Lap(
                events=stream.count,
                seconds=seconds,
                worker=entry.usage() - used,
                database=database.usage() - server_used,
                peak=entry.peak(),
                topic_bytes=entry.topic_bytes(),
            )

    @contextmanager
    def entry(
        self, contestant: Contestant, url: str, workers: int = 1
    ) -> Iterator[Consuming | Posting]:
        """Yield a contestant's processes, which end with the block."""
        make = self._posting if contestant is REST else self.topic
        with make(contestant, url) as entry:
            entry.start(workers)
            yield entry

    @contextmanager
    def topic(self, contestant: Contestant, url: str) -> Iterator[Consuming]:
        """Yield a contestant's topic and group; whatever it starts ends with the block."""
        entry = Consuming(contestant, {**os.environ, "DATABASE_URL": url}, self)
        try:
            yield entry
        finally:
            entry.close()

    @contextmanager
    def _posting(self, contestant: Contestant, url: str) -> Iterator[Posting]:
        entry = Posting(contestant, {**os.environ, "DATABASE_URL": url}, self.folder)
        try:
            yield entry
        finally:
            entry.close()


@contextmanager
def fresh(database: Database) -> Iterator[tuple[str, Table]]:
    """Yield the URL of an empty database, and its table."""
    url = database.fresh()
    table = Table(url)
    try:
        yield url, table
    finally:
        table.close()


def _finish(entry: Consuming | Posting, table: Table, stream: Stream, expected: str) -> float:
    """Return when a contestant had done it all; raise ``Cheated`` if it never has."""
    until = monotonic() + PATIENCE
    while not entry.is_done():
        if monotonic() > until:
            raise Cheated(f"{entry.name} made no end.\n{entry.tail}")
        sleep(0.02)
    committed = now = monotonic()
    while not table.is_final(stream, expected):
        if now > committed + _LATE:
            raise Cheated(f"{entry.name} ended with other rows than the stream's.\n{entry.tail}")
        sleep(0.02)
        now = monotonic()
    return now
