"""Settling a batch: accept, map, write, park, bury and count, in one transaction (ADR 0002).

Knows no Kafka. What to do about an exception is decided in one place, ``settle``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import Error as DatabaseError
from django.db import transaction

from shared import dead_letters, parking
from shared.batches import (
    Arrival,
    Batch,
    BatchResult,
    Delivery,
    Ending,
    Ignored,
    Retried,
    Undecodable,
)
from shared.conf import get_settings
from shared.consumer import Accept, Consumer, Route
from shared.exceptions import FatalError, PoisonError, TransientError
from shared.messages import Event
from shared.models import OutcomeCount
from shared.ordering import Position
from shared.outcomes import MissingParent, Outcome
from shared.reactions import Reaction, describe, origin, reaction_to
from shared.records import PositionedRecord, Record
from shared.writing import (
    Mapped,
    Write,
    Written,
    poison,
    write_isolated,
    write_singly,
    write_together,
)

Inspect = Callable[[Sequence[Ending]], None]
"""Looks at a batch's endings before they are committed; raises to keep them from it."""

# A filter of a service's own may ask the database. Whatever else a filter or mapper raises, an
# OSError included, it will raise for this event again.
_NOT_THE_EVENT = (TransientError, FatalError, DatabaseError)

_CONSUMED_NO_MORE = "Parked for a consumer that no longer consumes this event type"


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
            return _settle(batch, now, inspect, write_together)
        except Exception as error:
            if reaction_to(error) is not Reaction.ISOLATE:
                raise
            return _settle(batch, now, inspect, write_singly)
    except (TransientError, FatalError):
        raise
    except Exception as error:
        if reaction_to(error) is Reaction.RETRY:
            raise TransientError(f"The database failed: {describe(error)}.") from error
        raise FatalError(
            f"The batch can't be settled: {describe(error)}, {origin(error)}.",
            hint="Are the migrations applied, and may this user write?",
        ) from error


def _settle(batch: Batch, now: datetime, inspect: Inspect | None, write: Write) -> BatchResult:
    with transaction.atomic():
        arrivals = parking.claim(batch.arrivals)
        deliveries = [
            delivery
            for index, arrival in enumerate(arrivals)
            for delivery in _deliveries(batch, index, arrival)
        ]
        delivered = {delivery.index for delivery in deliveries}
        endings = [
            _ending_undelivered(index, arrival)
            for index, arrival in enumerate(arrivals)
            if index not in delivered
        ]
        for consumer in batch.room.consumers:
            endings += _consume(consumer, deliveries, write, now)
        endings.sort(key=lambda ending: ending.index)
        if inspect:
            inspect(endings)
        parking.park(batch, endings, now=now)
        dead_letters.bury(batch, endings, now=now)
        result = BatchResult(tuple(endings), woken=parking.wake(batch, endings))
        _count(batch, result, now)
    return result


def _deliveries(batch: Batch, index: int, arrival: Arrival) -> Iterable[Delivery]:
    for consumer in batch.room.consumers:
        if isinstance(arrival, Retried):
            if consumer.name == arrival.parked.consumer:
                yield Delivery(index, arrival.event, consumer, arrival.parked)
        elif isinstance(arrival, Event) and consumer.route_for(arrival.signal.event_type):
            yield Delivery(index, arrival, consumer)


def _consume(
    consumer: Consumer, deliveries: Sequence[Delivery], write: Write, now: datetime
) -> list[Ending]:
    """Let one consumer accept, map and write its deliveries."""
    endings, mapped = [], []
    filters = get_settings().filters_of(consumer.name)
    for delivery in deliveries:
        if delivery.consumer != consumer:
            continue
        try:
            item = _map(delivery, filters, now)
        except Exception as error:
            if isinstance(error, _NOT_THE_EVENT) and reaction_to(error) is not Reaction.ISOLATE:
                raise
            endings.append(_ending(delivery, None, poison(error)))
            continue
        if item is None:
            endings.append(_ending(delivery, None, Outcome.FILTERED))
        else:
            mapped.append(Mapped(delivery, item))
    if mapped:
        results = write(consumer, mapped)
        endings += [
            parking.expire(
                _ending(each.delivery, each.item.record, result),
                max_age=get_settings().park_max_age,
                now=now,
            )
            for each, result in zip(mapped, results, strict=True)
        ]
    return endings


def _map(
    delivery: Delivery, filters: Sequence[Accept], now: datetime
) -> PositionedRecord[Record] | None:
    """Return the record of a delivery, or ``None`` if the consumer doesn't want it."""
    event = delivery.event
    route: Route | None = delivery.consumer.route_for(event.signal.event_type)
    if route is None:
        raise PoisonError(_CONSUMED_NO_MORE)
    if not all(wants(event.data, event.metadata) for wants in (route.accept, *filters)):
        return None
    # A topic with CreateTime has its producer's clock for a timestamp, so ours counts as well.
    arrived = min(event.message.timestamp or now, now)
    if event.metadata.time > arrived + timedelta(seconds=get_settings().max_clock_skew):
        raise PoisonError(
            "header ce_time: further ahead of its arrival than EVENT_SYNC['MAX_CLOCK_SKEW']"
        )
    record = route.to_record(event.data, event.metadata)
    position = Position.lowest() if route.creates_only else event.position
    return PositionedRecord(record, position)


def _ending(delivery: Delivery, record: Record | None, result: Written) -> Ending:
    outcome = result if isinstance(result, Outcome) else Outcome.DEAD
    if isinstance(result, MissingParent):
        outcome = Outcome.PARKED
    return Ending(
        index=delivery.index,
        message=delivery.event.message,
        consumer=delivery.consumer.name,
        outcome=outcome,
        record=record,
        error=str(result) if isinstance(result, PoisonError) else "",
        waiting_for=str(result) if isinstance(result, MissingParent) else "",
        parked=delivery.parked,
    )


def _ending_undelivered(index: int, arrival: Arrival) -> Ending:
    """Return how an arrival ended that went to no consumer."""
    if isinstance(arrival, Ignored | Event):
        return Ending(index=index, message=arrival.message, outcome=Outcome.IGNORED)
    return Ending(
        index=index,
        message=arrival.message,
        consumer=arrival.parked.consumer if arrival.parked else "",
        outcome=Outcome.DEAD,
        error=arrival.error if isinstance(arrival, Undecodable) else _CONSUMED_NO_MORE,
        parked=arrival.parked,
    )


def _count(batch: Batch, result: BatchResult, now: datetime) -> None:
    for consumer, counter in result.counts.items():
        OutcomeCount.add(
            {outcome.value: count for outcome, count in counter.items()},
            worker=batch.worker,
            room=batch.room.name,
            consumer=consumer,
            minute=now.replace(second=0, microsecond=0),
        )
