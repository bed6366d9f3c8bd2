"""The arithmetic on what was measured: nothing here measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True)
class Spread:
    """Several measurements of one thing: their median, and the lowest and the highest."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return the spread of at least one value."""
        return cls(median(values), min(values), max(values))


def median(values: Sequence[float]) -> float:
    """Return the middle one, or the mean of the two in the middle."""
    ordered = sorted(values)
    middle, is_odd = divmod(len(ordered), 2)
    return ordered[middle] if is_odd else (ordered[middle - 1] + ordered[middle]) / 2


def ratio(rates: Sequence[float], others: Sequence[float]) -> float:
    """Return how many times as high as the others' the rates are, by their medians."""
    return median(rates) / median(others)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the lowest value that this share of all (0 to 1) doesn't exceed: a measured one."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def rounded(value: float) -> float:
    """Return a number with three significant digits, so that files don't pretend to know more."""
    return float(f"{value:.3g}")
