"""How the events of the demo's workers ended, as the workers count it in the database."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TypeAlias

from django.db.models import Sum

from shared.models import OutcomeCount
from shared.outcomes import Outcome

Counts: TypeAlias = defaultdict[str, Counter[Outcome]]
"""Outcomes by the room's name."""


class Tally:
    """Counts from now on; workers of earlier runs may have had the same names."""

    def __init__(self, workers: Sequence[str]) -> None:
        self._workers = list(workers)
        self._before = self._read()

    def read(self) -> Counts:
        """Return the outcomes so far."""
        now = self._read()
        for room, counts in self._before.items():
            now[room].subtract(counts)
        return now

    def _read(self) -> Counts:
        rows = OutcomeCount.objects.filter(worker__in=self._workers).values_list("room")
        counts: Counts = defaultdict(Counter)
        for room, *sums in rows.annotate(*(Sum(outcome.value) for outcome in Outcome)):
            counts[room].update(dict(zip(Outcome, sums, strict=True)))
        return counts
