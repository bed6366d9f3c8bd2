"""A room's part of the demo on a test's cluster: its stream is published there, and judged.

Outcomes aren't compared, as in the demo: a worker that dies between the database and the broker
makes another count the same events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeAlias

from shared import registry
from shared.consumer import Room
from shared.demo import judgement
from shared.demo.observer import Observer
from shared.demo.part import Performance, performances
from shared.demo.publisher import Publisher
from shared.outcomes import Outcome
from tests.cluster import Cluster
from tests.grades import TOPIC
from tests.processes import Process, wait_until


def perform(room: Room, *, events: int, seed: int) -> Performance:
    """Return a room's part in a run of today: what shall be a year ahead has to be so now."""
    total = events * len(registry.rooms())
    everyone = performances(events=total, seed=seed, rate=0, now=datetime.now(UTC))
    return next(performance for performance in everyone if performance.room == room)


class Stage:
    """A cluster on which one room performs; this process's settings must lead to it."""

    def __init__(self, cluster: Cluster, performance: Performance) -> None:
        self._cluster = cluster
        self._performance = performance
        self.room = performance.room
        for topic in {*self.room.topics} - {TOPIC}:
            cluster.broker.create_topic(topic)

    @contextmanager
    def publishing(self, rate: float) -> Iterator[None]:
        """Publish at so many messages a second; what is left after the block, at once."""
        with ThreadPoolExecutor(max_workers=1) as thread:
            publisher = self._publisher(rate)
            publishing = thread.submit(publisher.publish, self._performance.stream)
            try:
                yield
            finally:
                publisher.stop()
            publishing.result()
        rest = self._performance.stream[publisher.published :]
        self._publisher(rate=0).publish(rest)

    def start_worker(self, **environment: object) -> Process:
        """Start a worker of the room."""
        return self._cluster.start("run_consumers", self.room.name, **environment)

    def wait_until_over(self) -> None:
        """Wait until all is committed and nothing is parked but what is to be.

        What a child waits for may be committed before the child is tried again.
        """
        for topic in self.room.topics:
            self._cluster.wait_until_settled(self.room.name, topic)
        orphans = self._performance.planned[Outcome.PARKED]
        wait_until(lambda: self._count_parked() <= orphans, "the parents' children")

    def problems(self) -> list[str]:
        """Say, line by line, in what tables, parked events and dead letters are wrong."""
        observer = self._observed()
        with self._cluster.connected():
            _, problems = judgement.compare(self._performance, observer)
        return problems

    def _count_parked(self) -> int:
        ((count,),) = self._cluster.query("SELECT count(*) FROM event_sync_parkedevent")
        return int(count)

    def _observed(self) -> Observer:
        """Return an observer that has seen all messages."""
        stream = self._performance.stream
        observer = Observer(
            bootstrap_servers=self._cluster.broker.bootstrap_servers, topics=self.room.topics
        )
        with ThreadPoolExecutor(max_workers=1) as thread:
            watching = thread.submit(observer.watch)
            try:
                wait_until(lambda: len(observer.published_at) >= len(stream), "the messages")
            finally:
                observer.stop()
            watching.result()
        return observer

    def _publisher(self, rate: float) -> Publisher:
        return Publisher(
            bootstrap_servers=self._cluster.broker.bootstrap_servers,
            rate=rate,
            settled=lambda: 0,  # the broker has room for all
        )


SetStage: TypeAlias = Callable[[Performance], Stage]
