"""Settling a batch: accept, map, write, park, bury and count, in one transaction (ADR 0002).

Knows no Kafka. What to do about an exception is decided in one place, ``settle``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from shared import dead_letters, parking
from shared.batches import Batch, BatchResult, Delivery, Ending
from shared.consumer import Consumer
from shared.counting import count
from shared.exceptions import FatalError, TransientError
from shared.mapping import accept_and_map, deliveries_of, ending_of
from shared.reactions import Reaction, describe, failed, origin, reaction_to
from shared.retirement import names_retired
from shared.writing import Write, write_first, write_isolated, write_singly

Inspect = Callable[[Sequence[Ending]], None]
"""Looks at a batch's endings before they are committed; raises to keep them from it."""


def settle(
    batch: Batch, *, now: datetime, isolate: bool = False, inspect: Inspect | None = None
) -> BatchResult:
    """Settle a batch and return how each event ended; afterwards it is committed or untouched.

    A batch that fails on its data is settled again event by event, so that only the poisoned one
    is buried. ``isolate`` does so from the start, for a batch that kept failing, and buries what
    fails transiently, too, as long as its destination takes another. Raises ``TransientError``
    (try the same batch again) or ``FatalError``.
    """
    try:
        if isolate:
            return _settle(batch, now, inspect, write_isolated)
        try:
            return _settle(batch, now, inspect, write_first)
        except Exception as error:
            if reaction_to(error) is not Reaction.ISOLATE:
                raise
            return _settle(batch, now, inspect, write_singly)
    except (TransientError, FatalError):
        raise
    except Exception as error:
        if reaction_to(error) is Reaction.RETRY:
            raise TransientError(failed(error)) from error
        raise FatalError(
            f"The batch can't be settled: {describe(error)}, {origin(error)}.",
            hint="Are the migrations applied, and may this user write?",
        ) from error


def _settle(batch: Batch, now: datetime, inspect: Inspect | None, write: Write) -> BatchResult:
    with transaction.atomic():
        arrivals = parking.claim(batch.arrivals)
        deliveries, endings = deliveries_of(batch.room, arrivals)
        for consumer in batch.room.consumers:
            endings += _consume(consumer, deliveries, write, now)
        endings.sort(key=lambda ending: ending.index)
        if inspect:
            inspect(endings)
        parking.park(batch, endings, now=now)
        dead_letters.bury(_without_retired(batch), endings, now=now)
        result = BatchResult(tuple(endings), woken=parking.wake(endings))
        count(batch, result, now=now)
    return result


def _without_retired(batch: Batch) -> Batch:
    """Return a batch without the failures of receivers whose events name a retired learner."""
    kept = [each for each in batch.failures if not names_retired(each.event)]
    return replace(batch, failures=tuple(kept))


def _consume(
    consumer: Consumer, deliveries: Sequence[Delivery], write: Write, now: datetime
) -> list[Ending]:
    """Let one consumer accept, map and write its deliveries."""
    mapped, endings = accept_and_map(consumer, deliveries, now=now)
    if mapped:
        results = write(consumer, mapped)
        written = [
            ending_of(each.delivery, each.item.record, result)
            for each, result in zip(mapped, results, strict=True)
        ]
        endings += parking.expire(written, now=now)
    return endings
