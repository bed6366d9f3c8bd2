"""Counts how events ended, for people and programs that watch."""

from __future__ import annotations

from datetime import datetime

from shared.batches import Batch, BatchResult
from shared.models import OutcomeCount
from shared.times import minute_of


def count(batch: Batch, result: BatchResult, *, now: datetime) -> None:
    """Add to the outcome counts how a batch ended, inside its transaction."""
    for consumer, counter in result.counts.items():
        OutcomeCount.add(
            {outcome.value: number for outcome, number in counter.items()},
            worker=batch.worker,
            room=batch.room.name,
            consumer=consumer,
            minute=minute_of(now),
        )
