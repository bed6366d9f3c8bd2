"""The axes of plots: round numbers, few of them, and their short texts."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, log10

_MOST_STEPS = 4
_ROUND = (1, 2, 5, 10)
_LATENCIES = {
    0.001: "1 ms",
    0.01: "10 ms",
    0.1: "0.1 s",
    1: "1 s",
    10: "10 s",
    60: "1 min",
    600: "10 min",
    7200: "2 h",
}
"""The last is the last bound of ``LATENCY_BUCKETS``."""


@dataclass(frozen=True, slots=True)
class Axis:
    """From where to where an axis goes, and the texts on it."""

    low: float
    high: float
    texts: Mapping[float, str]


def linear(low: float, high: float) -> Axis:
    """Return an axis from 0, or from ``low`` below it, to a round number above ``high``."""
    low, high = min(low, 0), max(high, 0)
    step = _round_step((high - low or 1) / _MOST_STEPS)
    first, last = -int(-low // step), max(-int(-high // step), 1)
    return Axis(low, last * step, {n * step: short(n * step) for n in range(first, last + 1)})


def whole(low: float, high: float) -> Axis:
    """Return the same for what is counted: with no fractions between."""
    return linear(low, max(high, _MOST_STEPS))


def of_latency(low: float, high: float) -> Axis:
    """Return an axis of latencies, in places where each is some times the one before."""
    bounds = list(_LATENCIES)
    end = min(max(bisect_left(bounds, high), 1), len(bounds) - 1)
    start = max(min(bisect_right(bounds, low), end) - 1, 0)
    around = bounds[start : end + 1]
    texts = {place(bound): _LATENCIES[bound] for bound in around}
    return Axis(min(texts), max(texts), texts)


def place(latency: float) -> float:
    """Return where a latency is on its axis."""
    return log10(min(max(latency, min(_LATENCIES)), max(_LATENCIES)))


def short(number: float) -> str:
    """Return a number for an axis, with a letter for thousands and millions."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if abs(number) >= size:
            return f"{number / size:g}{letter}"
    return f"{number:g}"


def duration(seconds: float | None) -> str:
    """Return a latency in words that stay together."""
    if seconds is None:
        return "not known"
    return _in_units(seconds).replace(" ", "\N{NO-BREAK SPACE}")


def _in_units(seconds: float) -> str:
    if seconds == inf:
        return "over 2 h"
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    return f"{seconds:.3g} s" if seconds < 100 else f"{seconds / 60:,.0f} min"


def _round_step(least: float) -> float:
    size: float = 10 ** (len(str(int(least))) - 1) if least >= 1 else 0.1
    while size > least:
        size /= 10
    return float(next(size * n for n in _ROUND if size * n >= least))
