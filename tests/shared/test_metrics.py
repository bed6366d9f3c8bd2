"""A histogram that is given counts shows what one shows that was given the values."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

from prometheus_client import CollectorRegistry, Histogram, generate_latest

from shared.metrics import CountedHistogram

BUCKETS = (0.25, 1, 10)
VALUES = [0.0, 0.25, 0.5, 1.0, 1.5, 9.75, 10.0, 11.0, 7200.0]


def shown(registry: CollectorRegistry) -> list[str]:
    """Return the lines of a registry, but for the time at which a series began."""
    lines = generate_latest(registry).decode().splitlines()
    return [line for line in lines if "_created" not in line]


def test_counts_are_as_good_as_the_values() -> None:
    """Buckets, count and sum are the same, of values on a bound and beyond the last one, too."""
    one_by_one, counted = CollectorRegistry(), CollectorRegistry()
    observed = Histogram("seconds", "Text.", ["room"], buckets=BUCKETS, registry=one_by_one)
    added = CountedHistogram("seconds", "Text.", ["room"], buckets=BUCKETS, registry=counted)
    for value in VALUES:
        observed.labels("library").observe(value)
    for values in (VALUES[:4], VALUES[4:]):
        counts = Counter(bisect_left(BUCKETS, value) for value in values)
        added.labels("library").add(counts, sum(values))
    assert shown(counted) == shown(one_by_one)
