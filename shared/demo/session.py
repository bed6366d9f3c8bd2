"""One run of the demo from its first process to its last: start, publish, follow, judge, end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic, sleep

from rich.console import Console

from shared.demo import verification
from shared.demo.bus import Bus, embedded_bus
from shared.demo.observer import Observer
from shared.demo.part import Performance
from shared.demo.processes import WorkerProcess, worker_environment
from shared.demo.progress import Progress
from shared.demo.publisher import Publisher
from shared.demo.report import Result
from shared.demo.stream import Place, interleave
from shared.demo.tally import Tally
from shared.supervisor import worker_command

_START_PATIENCE = 60.0
_STANDSTILL = 30.0
_LOG_PATIENCE = 5.0
_INTERVAL = 0.25


class Session:
    """A bus and workers that run, and what is done with them. Made by ``started``."""

    def __init__(
        self,
        performances: Sequence[Performance],
        bus: Bus,
        workers: Sequence[WorkerProcess],
    ) -> None:
        self.bus = bus
        self._performances = performances
        self._workers = workers
        self._total = sum(len(performance.stream) for performance in performances)
        self._tally = Tally([worker.name for worker in workers])

    def wait_for_workers(self) -> None:
        """Wait until every worker has its partitions. Raises ``DemoFailed``."""
        until = monotonic() + _START_PATIENCE
        for worker in self._workers:
            while not worker.has_partitions.wait(_INTERVAL):
                self._check()
                if monotonic() > until:
                    raise worker.failure(f"was not ready after {_START_PATIENCE:.0f} s")

    def publish(self, *, rate: float, console: Console) -> Result:
        """Publish the streams, wait for every event's outcome, and judge what came of it.

        Ends early, with events lost, when nothing moves for half a minute. Raises ``DemoFailed``
        when a worker ends.
        """
        servers = self.bus.bootstrap_servers
        observer = Observer(bootstrap_servers=servers, topics=self.bus.topics)
        publisher = Publisher(bootstrap_servers=servers, rate=rate, settled=self._count_committed)
        stream = interleave([performance.stream for performance in self._performances])
        with (
            _in_background(observer.watch, observer.stop) as watching,
            _in_background(lambda: publisher.publish(stream), publisher.stop) as publishing,
            Progress(console, self._total) as progress,
        ):
            self._follow(publisher, publishing, progress)
            self._wait_for_logs(lambda: len(observer.published_at))
            _raise_error_of(watching)
        return self._judge(observer)

    def stay(self) -> None:
        """Keep everything up until Ctrl-C. Raises ``DemoFailed`` when a worker ends."""
        try:
            while True:
                self._check()
                sleep(_INTERVAL)
        except KeyboardInterrupt:
            return

    def _follow(self, publisher: Publisher, publishing: Future[None], progress: Progress) -> None:
        """Show the progress until every event has an outcome or nothing moves any more."""
        moved_at, before = monotonic(), (0, 0)
        while True:
            self._check()
            _raise_error_of(publishing)
            settled = self._tally.read().total()
            progress.show(published=publisher.published, settled=settled)
            if settled >= self._total:
                return
            now = (publisher.published, settled)
            if now != before or settled >= publisher.published:
                moved_at, before = monotonic(), now
            elif monotonic() - moved_at > _STANDSTILL:
                return
            sleep(_INTERVAL)

    def _wait_for_logs(self, observed: Callable[[], int]) -> None:
        """Wait for what follows the database's commit: a line of the log, a message observed."""
        until = monotonic() + _LOG_PATIENCE
        while min(self._count_committed(), observed()) < self._total and monotonic() < until:
            sleep(_INTERVAL / 5)

    def _judge(self, observer: Observer) -> Result:
        """Compare what came of the streams with what was to come of them."""
        outcomes = self._tally.read()
        committed = self._committed()
        all_planned = [planned for each in self._performances for planned in each.stream]
        problems = [*verification.miscounted(all_planned, outcomes)]
        latencies, rows = [], 0
        for each in self._performances:
            landed = [*observer.landed(each.stream)]
            expected, stored = each.part.expected_rows(landed), each.part.stored_rows(each.run)
            problems += verification.missing(each.stream, landed)
            problems += verification.shortened(verification.unsettled(landed, committed))
            problems += verification.shortened(verification.differing(expected, stored))
            settled = [place for _, place in landed if place in committed]
            latencies += [committed[place] - observer.published_at[place] for place in settled]
            rows += len(stored)
        return Result(
            produced=self._total,
            outcomes=outcomes,
            latencies=[seconds * 1000 for seconds in latencies],
            rows=rows,
            problems=problems,
        )

    def _committed(self) -> dict[Place, float]:
        """When each message was committed, as far as the workers' logs have been read."""
        return {
            place: time
            for worker in self._workers
            for place, time in dict(worker.committed_at).items()
        }

    def _count_committed(self) -> int:
        return sum(len(worker.committed_at) for worker in self._workers)

    def _check(self) -> None:
        for worker in self._workers:
            worker.check()


@contextmanager
def started(performances: Sequence[Performance]) -> Iterator[Session]:
    """Start a bus and the rooms' workers, and end them all afterwards."""
    prefix = performances[0].run.name
    topics = {topic for performance in performances for topic in performance.room.topics}
    with embedded_bus(prefix, topics) as bus, _workers(performances, bus) as workers:
        session = Session(performances, bus, workers)
        session.wait_for_workers()
        yield session


@contextmanager
def _workers(performances: Sequence[Performance], bus: Bus) -> Iterator[list[WorkerProcess]]:
    environment = worker_environment(bus, os.environ)
    workers: list[WorkerProcess] = []
    try:
        for name in (performance.room.name for performance in performances):
            workers.append(WorkerProcess(name, worker_command(name), environment))
        yield workers
    finally:
        statuses = {worker: worker.stop() for worker in workers}
    for worker in workers:
        if status := statuses[worker]:
            raise worker.failure(f"ended with status {status} when it was told to")


@contextmanager
def _in_background(work: Callable[[], None], stop: Callable[[], None]) -> Iterator[Future[None]]:
    with ThreadPoolExecutor(max_workers=1) as thread:
        try:
            yield thread.submit(work)
        finally:
            stop()


def _raise_error_of(future: Future[None]) -> None:
    if future.done():
        future.result()
