"""One run of the demo from its first process to its last: start, publish, follow, judge, end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic, sleep

from rich.console import Console

from shared.demo.bus import embedded_bus
from shared.demo.judgement import judge
from shared.demo.observer import Observer
from shared.demo.part import Performance
from shared.demo.processes import WorkerProcess
from shared.demo.progress import Progress
from shared.demo.publisher import Publisher
from shared.demo.results import Results
from shared.demo.stream import interleave
from shared.demo.tally import Tally
from shared.demo.working import worker_command
from shared.embedded.bus import Bus
from shared.models import ParkedEvent
from shared.outcomes import Outcome

_START_PATIENCE = 60.0
_STANDSTILL = 30.0
_LOG_PATIENCE = 5.0
_INTERVAL = 0.25


class Session:
    """A bus, a worker for each performance, and what is done with them. Made by ``started``."""

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

    def publish(self, *, rate: float, console: Console) -> Results:
        """Publish the streams, wait for every event's last outcome, and judge what came of it.

        Ends early, with events lost or waiting, when nothing moves for half a minute. Raises
        ``DemoFailed`` when a worker ends.
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
        """Show the progress until every event has its last outcome or nothing moves any more."""
        moved_at, before = monotonic(), (0, 0, 0)
        while True:
            self._check()
            _raise_error_of(publishing)
            outcomes = self._tally.read()
            settled = sum(counts.total() for counts in outcomes.values())
            parked = sum(counts[Outcome.PARKED] for counts in outcomes.values())
            progress.show(published=publisher.published, settled=settled)
            if all(each.is_over(outcomes[each.room.name]) for each in self._performances):
                return
            now = (publisher.published, settled, parked)
            if now != before or settled >= publisher.published < self._total:
                moved_at, before = monotonic(), now
            elif monotonic() - moved_at > _STANDSTILL:
                return
            sleep(_INTERVAL)

    def _wait_for_logs(self, observed: Callable[[], int]) -> None:
        """Wait for what follows the database's commit: a line of the log, a message observed."""
        until = monotonic() + _LOG_PATIENCE
        while min(self._count_committed(), observed()) < self._total and monotonic() < until:
            sleep(_INTERVAL / 5)

    def _judge(self, observer: Observer) -> Results:
        outcomes = self._tally.read()
        return Results(
            {
                each.room.name: judge(each, worker, observer, outcomes[each.room.name])
                for each, worker in zip(self._performances, self._workers, strict=True)
            }
        )

    def _count_committed(self) -> int:
        return sum(len(worker.committed_at) for worker in self._workers)

    def _check(self) -> None:
        for worker in self._workers:
            worker.check()


@contextmanager
def started(performances: Sequence[Performance]) -> Iterator[Session]:
    """Start a bus and the rooms' workers, and end them all afterwards. Raises ``DemoFailed``."""
    prefix = performances[0].run.name
    topics = {topic for performance in performances for topic in performance.room.topics}
    with (
        _nothing_left_parked(prefix),
        embedded_bus(prefix, topics) as bus,
        _workers(performances, bus) as workers,
    ):
        session = Session(performances, bus, workers)
        session.wait_for_workers()
        yield session


@contextmanager
def _nothing_left_parked(prefix: str) -> Iterator[None]:
    """Delete what the run has parked when it is over: its schemas go with its registry."""
    try:
        yield
    finally:
        ParkedEvent.objects.filter(topic__startswith=f"{prefix}-").delete()


@contextmanager
def _workers(performances: Sequence[Performance], bus: Bus) -> Iterator[list[WorkerProcess]]:
    workers: list[WorkerProcess] = []
    try:
        for name in (performance.room.name for performance in performances):
            workers.append(WorkerProcess(name, worker_command(name, bus)))
        yield workers
    finally:
        for worker in workers:
            worker.tell_to_stop()
        statuses = {worker: worker.wait() for worker in workers}
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
