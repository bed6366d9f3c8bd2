"""What a worker holds while it drains a long topic that was published before it began."""

from __future__ import annotations

from typing import Any

from tests.benchmark.consuming import Consuming
from tests.benchmark.contest import PATIENCE, Cheated, fresh
from tests.benchmark.contestants import OURS
from tests.benchmark.session import Session, log
from tests.benchmark.stream import Stream
from tests.benchmark.table import expected_of
from tests.benchmark.usage import peak, resident

_SAMPLES = 5


def measure(session: Session) -> dict[str, Any]:
    """Return samples of resident memory and its peak, in bytes."""
    count = session.plan.drained
    stream = Stream.halved(count)
    log.print(f"memory: publishing {count:,} events")
    with (
        fresh(session.postgresql) as (url, table),
        session.contest.topic(OURS, url) as entry,
    ):
        entry.publish_before(stream)
        entry.start()
        samples = [_sample(entry, count * each // _SAMPLES) for each in range(1, _SAMPLES + 1)]
        found = {"events": count, "samples": samples, "peak": peak(entry.workers[0].pid)}
        if not table.is_final(stream, expected_of(stream)):
            raise Cheated(f"{entry.name} ended with other rows than the stream's.")
    return found


def _sample(entry: Consuming, events: int) -> dict[str, int]:
    """Wait until so many events are committed, and return what the worker holds then."""
    entry.wait_for_committed(events, PATIENCE)
    found = {"events": events, "rss": resident(entry.workers[0].pid)}
    log.print(f"memory: {events:,} events: {found['rss'] / 2**20:.0f} MiB")
    return found
