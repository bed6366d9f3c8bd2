"""From a batch's arrivals to its consumers' records: who gets which event, and what it becomes.

Writes nothing. An event that becomes no record has its ending here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from django.db import Error as DatabaseError

from shared.batches import Arrival, Delivery, Ending, Ignored, Retried, Undecodable
from shared.conf import get_settings
from shared.consumer import Accept, Consumer, Room
from shared.exceptions import FatalError, PoisonError, TransientError
from shared.messages import Event
from shared.ordering import Position
from shared.outcomes import MissingParent, Outcome, WriteResult
from shared.reactions import Reaction, reaction_to
from shared.records import PositionedRecord, Record
from shared.retirement import retired_among
from shared.writing import Mapped, poison

# A filter of a service's own may ask the database. Whatever else a filter or mapper raises, an
# OSError included, it will raise for this event again.
_NOT_THE_EVENT = (TransientError, FatalError, DatabaseError)

_CONSUMED_NO_MORE = "Parked for a consumer that no longer consumes this event type"


def deliveries_of(room: Room, arrivals: Sequence[Arrival]) -> tuple[list[Delivery], list[Ending]]:
    """Return a delivery for each consumer of each event, and the endings of all other arrivals."""
    deliveries: list[Delivery] = []
    endings: list[Ending] = []
    for index, arrival in enumerate(arrivals):
        if found := _deliveries(room, index, arrival):
            deliveries += found
        else:
            endings.append(_ending_undelivered(index, arrival))
    return deliveries, endings


def accept_and_map(
    consumer: Consumer, deliveries: Sequence[Delivery], *, now: datetime
) -> tuple[list[Mapped], list[Ending]]:
    """Return the records of one consumer's deliveries, and the endings of what became none.

    Raises what a filter of the service raises because its database is away, and what the look for
    retired learners does.
    """
    mapped: list[Mapped] = []
    endings: list[Ending] = []
    terms = _Terms.of(consumer, now)
    for delivery in _marked(consumer, [each for each in deliveries if each.consumer is consumer]):
        try:
            item = _map(delivery, terms)
        except Exception as error:
            if isinstance(error, _NOT_THE_EVENT) and reaction_to(error) is not Reaction.ISOLATE:
                raise
            endings.append(ending_of(delivery, None, poison(error)))
            continue
        if item is None:
            endings.append(ending_of(delivery, None, Outcome.FILTERED))
        else:
            mapped.append(Mapped(delivery, item))
    return mapped, endings


def _marked(consumer: Consumer, deliveries: Sequence[Delivery]) -> Sequence[Delivery]:
    """Return deliveries with those marked that name a retired learner."""
    are_retired = retired_among(consumer, [delivery.event for delivery in deliveries])
    if not any(are_retired):
        return deliveries
    return [
        replace(delivery, names_retired=True) if is_retired else delivery
        for delivery, is_retired in zip(deliveries, are_retired, strict=True)
    ]


def _deliveries(room: Room, index: int, arrival: Arrival) -> list[Delivery]:
    if isinstance(arrival, Event):
        consumers = room.consumers_of(arrival.signal.event_type)
        return [Delivery(index, arrival, consumer) for consumer in consumers]
    if isinstance(arrival, Retried):
        parked = arrival.parked
        consumers = tuple(each for each in room.consumers if each.name == parked.consumer)
        return [Delivery(index, arrival.event, consumer, parked) for consumer in consumers]
    return []


@dataclass(frozen=True, slots=True)
class _Terms:
    """What holds for all of a consumer's deliveries: filters of the service, and the clock."""

    filters: tuple[Accept, ...]
    now: datetime
    max_clock_skew: timedelta

    @classmethod
    def of(cls, consumer: Consumer, now: datetime) -> Self:
        settings = get_settings()
        skew = timedelta(seconds=settings.max_clock_skew)
        return cls(settings.filters_of(consumer.name), now, skew)


def _map(delivery: Delivery, terms: _Terms) -> PositionedRecord[Record] | None:
    """Return the record of a delivery, or ``None`` if the consumer doesn't want it."""
    event = delivery.event
    data, metadata = event.data, event.metadata
    route = delivery.consumer.route_for(event.signal.event_type)
    if route is None:
        raise PoisonError(_CONSUMED_NO_MORE)
    for wants in (route.accept, *terms.filters):
        if not wants(data, metadata):
            return None
    # A topic with CreateTime has its producer's clock for a timestamp, so ours counts as well.
    arrived = min(event.message.timestamp or terms.now, terms.now)
    if metadata.time > arrived + terms.max_clock_skew:
        raise PoisonError(
            "header ce_time: further ahead of its arrival than EVENT_SYNC['MAX_CLOCK_SKEW']"
        )
    record: Record | None = route.to_record(data, metadata)
    if record and delivery.names_retired:
        record = _without_learner(delivery.consumer, record)
    if record is None:
        return None
    position = Position.lowest() if route.creates_only else event.position
    return PositionedRecord(record, position)


def _without_learner(consumer: Consumer, record: Record) -> Record | None:
    without = consumer.learner and consumer.learner.without
    return without(record) if without else None


def ending_of(delivery: Delivery, record: Record | None, result: WriteResult) -> Ending:
    """Return how a delivery ended, by its destination's answer or what kept it from one.

    One that names a retired learner isn't kept to wait or to be repaired: nobody wants it then.
    """
    error = waiting_for = ""
    if isinstance(result, Outcome):
        outcome = result
    elif delivery.names_retired:
        outcome = Outcome.FILTERED
    elif isinstance(result, MissingParent):
        outcome, waiting_for = Outcome.PARKED, str(result)
    else:
        outcome, error = Outcome.DEAD, str(result)
    return Ending(
        delivery.index,
        delivery.event.message,
        outcome,
        delivery.consumer.name,
        record,
        error,
        waiting_for,
        delivery.parked,
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
