"""How a run ended, room by room and as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from shared.outcomes import Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """How streams ended. ``latencies``: milliseconds from the broker's timestamp to the commit.

    ``parked`` says how many events were parked on their way, ``problems``, line by line, in what
    the run isn't as it should be.
    """

    produced: int
    outcomes: Counter[Outcome]
    latencies: Sequence[float]
    parked: int
    rows: int
    problems: Sequence[str]

    @property
    def lost(self) -> int:
        """How many events have no outcome; below 0 if some have two."""
        return self.produced - sum(self.outcomes[outcome] for outcome in Outcome)

    @property
    def adopted(self) -> int:
        """How many events were parked until their parents came."""
        return self.parked - self.outcomes[Outcome.PARKED]

    def as_json(self) -> dict[str, float | None]:
        """Return the counts, what is lost, and the percentiles of the latency."""
        return {
            "produced": self.produced,
            **{outcome.value: self.outcomes[outcome] for outcome in Outcome},
            "lost": self.lost,
            "p50_ms": percentile(self.latencies, 50),
            "p99_ms": percentile(self.latencies, 99),
        }


@dataclass(frozen=True, slots=True)
class Results:
    """How each room's stream ended, by the room's name."""

    rooms: Mapping[str, Result]

    @property
    def total(self) -> Result:
        """All rooms together; each problem names its room."""
        results = self.rooms.values()
        outcomes: Counter[Outcome] = Counter()
        for result in results:
            outcomes.update(result.outcomes)
        return Result(
            produced=sum(result.produced for result in results),
            outcomes=outcomes,
            latencies=[latency for result in results for latency in result.latencies],
            parked=sum(result.parked for result in results),
            rows=sum(result.rows for result in results),
            problems=[
                f"{name}: {problem}"
                for name, result in self.rooms.items()
                for problem in result.problems
            ],
        )

    def as_json(self) -> dict[str, object]:
        """Return what ``--json`` prints: the totals, and the same of each room."""
        rooms = {name: result.as_json() for name, result in self.rooms.items()}
        return {**self.total.as_json(), "rooms": rooms}


def percentile(values: Sequence[float], percent: int) -> float | None:
    """Return the least value that so many per cent don't exceed, to a tenth; None of nothing."""
    if not values:
        return None
    return round(sorted(values)[ceil(len(values) * percent / 100) - 1], 1)
