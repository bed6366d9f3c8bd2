"""How the events of the demo's workers ended, as the workers count it in the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.db.models import Sum

from shared.models import OutcomeCount
from shared.outcomes import Outcome


class Tally:
    """Counts from now on; workers of earlier runs may have had the same names."""

    def __init__(self, workers: Sequence[str]) -> None:
        self._workers = list(workers)
        self._before = self._read()

    def read(self) -> Counter[Outcome]:
        """Return the outcomes so far."""
        now = self._read()
        now.subtract(self._before)
        return now

    def _read(self) -> Counter[Outcome]:
        counts = OutcomeCount.objects.filter(worker__in=self._workers)
        sums = counts.aggregate(**{outcome.value: Sum(outcome.value) for outcome in Outcome})
        return Counter({outcome: sums[outcome.value] or 0 for outcome in Outcome})
