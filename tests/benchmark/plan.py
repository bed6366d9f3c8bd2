"""How much each part measures: for the published run, and for a look."""

from __future__ import annotations

from dataclasses import dataclass

from tests.benchmark.contestants import HAND, OURS, REST, STOCK, Contestant


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Sizes. A contestant of the full plan runs for at least five seconds."""

    rounds: int
    events: dict[str, int]
    """Of a race, by contestant."""
    rate: int = 200
    """Events per second at which latencies are taken."""
    seconds: int
    """How long."""
    sweep: tuple[int, ...]
    """Further rates; past them comes as much as the broker takes."""
    sweep_seconds: int
    drained: int
    """Events whose draining is watched for memory."""
    grown: tuple[int, int]
    """Rows in the table before a race."""
    queued: tuple[int, int]
    """Parked events and dead letters before a race, of each so many."""
    repeats: int
    """Races of growth, queues and scaling."""
    workers: tuple[int, ...] = (1, 2, 4)

    def size(self, contestant: Contestant) -> int:
        """Return how many events a contestant's race has."""
        return self.events[contestant.name]


FULL = Plan(
    rounds=5,
    events={OURS.name: 150_000, HAND.name: 250_000, STOCK.name: 3_000, REST.name: 3_000},
    seconds=60,
    sweep=(2_000, 10_000),
    sweep_seconds=30,
    drained=1_000_000,
    grown=(50_000, 5_000_000),
    queued=(0, 1_000_000),
    repeats=3,
)
QUICK = Plan(
    rounds=1,
    events={OURS.name: 20_000, HAND.name: 50_000, STOCK.name: 500, REST.name: 500},
    seconds=30,
    sweep=(),
    sweep_seconds=10,
    drained=100_000,
    grown=(5_000, 100_000),
    queued=(0, 20_000),
    repeats=1,
    workers=(1, 2),
)
