"""What was to be reached, and whether the figures reach it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.benchmark.contestants import HAND, OURS, STOCK, Contestant
from tests.benchmark.drivers import MARIADB, POSTGRESQL, SQLITE
from tests.benchmark.figures import ratio

Parts: TypeAlias = dict[str, Any]
"""The results by part; parts may be missing."""

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Target:
    """A bound for one figure; ``is_least`` if the figure has to be at least that."""

    what: str
    bound: float
    unit: str
    is_least: bool
    figure: Callable[[Parts], float]

    def is_met(self, value: float) -> bool:
        """Return whether a figure is within the bound."""
        return value >= self.bound if self.is_least else value <= self.bound


def _ratio(kind: str, other: Contestant) -> Callable[[Parts], float]:
    def figure(parts: Parts) -> float:
        found = parts[f"rates_{kind}"]["contestants"]
        return ratio(found[OURS.name]["rates"], found[other.name]["rates"])

    return figure


def _latency(name: str) -> Callable[[Parts], float]:
    return lambda parts: float(parts["latency"]["contestants"][OURS.name][name])


def _peak(parts: Parts) -> float:
    return float(parts["memory"]["peak"]) / MEGABYTE


def _change(parts: Parts) -> float:
    """Return by how many percent memory is away, at most, from what the first sample says."""
    first, *later = (float(sample["rss"]) for sample in parts["memory"]["samples"])
    return 100 * max(abs(size / first - 1) for size in later)


def _more(part: str) -> Callable[[Parts], float]:
    """Return what compares a part's second race, with many more rows, with its first."""

    def figure(parts: Parts) -> float:
        first, second = parts[part]
        return ratio(second["rates"], first["rates"])

    return figure


_RATES = (
    (POSTGRESQL, STOCK, 40),
    (POSTGRESQL, HAND, 0.5),
    (MARIADB, STOCK, 30),
    (MARIADB, HAND, 0.4),
    (SQLITE, STOCK, 6),
)
TARGETS = (
    *(
        Target(
            f"rate on {kind}, beside the {other.name}", bound, "times", True, _ratio(kind, other)
        )
        for kind, other, bound in _RATES
    ),
    Target("latency at 200 events/s, median", 15, "ms", False, _latency("p50")),
    Target("latency at 200 events/s, 99 of 100", 60, "ms", False, _latency("p99")),
    Target("peak memory of a long drain", 150, "MB", False, _peak),
    Target("change of memory during it", 5, "%", False, _change),
    Target("rate with 5,000,000 rows, beside 50,000", 0.8, "times", True, _more("growth")),
    Target("rate with full queues, beside empty ones", 0.95, "times", True, _more("queues")),
)


@dataclass(frozen=True)
class Verdict:
    """A target and the figure that was measured; None if its part wasn't."""

    target: Target
    value: float | None

    @property
    def text(self) -> str:
        """Met or not met."""
        if self.value is None:
            return "not measured"
        return "met" if self.target.is_met(self.value) else "**not met**"


def verdicts(parts: Parts) -> Iterator[Verdict]:
    """Yield the targets with their figures."""
    for target in TARGETS:
        try:
            yield Verdict(target, target.figure(parts))
        except KeyError:
            yield Verdict(target, None)
