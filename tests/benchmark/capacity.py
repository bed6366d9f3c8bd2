"""What a load would need, on paper: calculated from the measured parts, tried nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from tests.benchmark.figures import rounded

LOADS = (1_000, 10_000, 100_000)
BUSY = 0.7
"""The share of what a worker or a core can do that is planned with: the rest is for catching up."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one worker was measured to do and to use, per event."""

    rate: float
    """Events per second of one worker."""
    worker_us: float
    """CPU microseconds of the worker."""
    database_us: float
    """CPU microseconds of the database's server."""
    topic_bytes: float
    """Bytes on the broker's disk."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """What a load needs; CPU in cores of the machine that was measured."""

    load: int
    workers: int
    partitions: int
    """A partition has one worker, so at least as many."""
    worker_cores: float
    database_cores: float
    megabytes: float
    """Bytes per second on the broker, in millions, without replicas."""


def need(load: int, measured: Measured) -> Need:
    """Return what so many events per second need."""
    workers = ceil(load / (measured.rate * BUSY))
    return Need(
        load=load,
        workers=workers,
        partitions=workers,
        worker_cores=rounded(load * measured.worker_us / 1e6 / BUSY),
        database_cores=rounded(load * measured.database_us / 1e6 / BUSY),
        megabytes=rounded(load * measured.topic_bytes / 1e6),
    )
