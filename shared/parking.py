"""Parking: an event whose parent row is missing waits, and is retried by itself.

It is retried with back-off, and at once when its parent arrives. One that has waited too long is
buried. The retry takes the same way as a new event (``shared.pipeline``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import connection

from shared.batches import Arrival, Batch, Ending, Ignored, Retried, Undecodable
from shared.conf import get_settings
from shared.consumer import Mode
from shared.dead_letters import identity_of
from shared.exceptions import UndecodableMessage, UnknownEventType
from shared.logging import Action, Log
from shared.messages import NO_TOPIC, Event, Message
from shared.models import ParkedEvent
from shared.outcomes import Outcome
from shared.upsert import insert_or_update

log = Log(__name__)

# Short: who brings the parent while the event is being parked can't see it, nor wake it.
FIRST_PAUSE = timedelta(seconds=0.25)
LONGEST_PAUSE = timedelta(minutes=5)

_UNIQUE = ["room", "consumer", "topic", "partition", "offset"]


def due(room: str, topics: Collection[str], *, limit: int, now: datetime) -> list[ParkedEvent]:
    """Return the parked events of a room that a consumer of these topics is to retry now.

    What came without a broker anybody can read. Those of a consumer in shadow stay until it is live
    again.
    """
    settings = get_settings()
    readable = {*topics, NO_TOPIC}
    found = ParkedEvent.objects.due(room, readable, max_age=settings.park_max_age, now=now)
    waiting = [name for name in settings.modes if settings.mode_of(name) is not Mode.LIVE]
    return list(found.exclude(consumer__in=waiting)[:limit])


def arrivals_of(
    parked: Iterable[ParkedEvent], decode: Callable[[Message], Event]
) -> tuple[Arrival, ...]:
    """Return parked events as arrivals, those included that can't be decoded any more."""
    return tuple(_arrival_of(event, decode) for event in parked)


def _arrival_of(parked: ParkedEvent, decode: Callable[[Message], Event]) -> Arrival:
    try:
        return Retried(parked, decode(parked.message))
    except UnknownEventType:
        return Undecodable(parked.message, "header ce_type: known no more", parked)
    except UndecodableMessage as error:
        return Undecodable(parked.message, str(error), parked)


def claim(arrivals: Sequence[Arrival]) -> tuple[Arrival, ...]:
    """Lock the parked events among the arrivals and leave out those another worker has."""
    parked = {id(a): a.parked for a in arrivals if not isinstance(a, Event | Ignored)}
    wanted = [event.pk for event in parked.values() if event]
    if not wanted:
        return tuple(arrivals)
    rows = ParkedEvent.objects.filter(pk__in=wanted).select_for_update(skip_locked=True)
    ours = set(rows.values_list("pk", flat=True))
    return tuple(a for a in arrivals if not (event := parked.get(id(a))) or event.pk in ours)


def expire(endings: Iterable[Ending], *, now: datetime) -> list[Ending]:
    """Return endings as they are, or as dead where the event has been parked for too long.

    That is so if a retry fails that was put off until then. If only the worker was away so long,
    what the event waits for may be among the messages that it has yet to read.
    """
    return [
        _expired(ending, ending.parked, now)
        if ending.parked and ending.outcome is Outcome.PARKED
        else ending
        for ending in endings
    ]


def _expired(ending: Ending, parked: ParkedEvent, now: datetime) -> Ending:
    max_age = timedelta(seconds=get_settings().park_max_age)
    if parked.retry_at < parked.parked_at + max_age:
        return ending
    error = f"Still waiting after {now - parked.parked_at}: {ending.waiting_for} has not arrived."
    return replace(ending, outcome=Outcome.DEAD, error=error)


def park(batch: Batch, endings: Iterable[Ending], *, now: datetime) -> None:
    """Store the batch's parked events, and take out those that are parked no more."""
    endings = tuple(endings)
    rows = [_row(batch, e, now) for e in endings if e.outcome is Outcome.PARKED]
    if rows:
        update = ["waiting_for", "attempts", "retry_at"]
        insert_or_update(ParkedEvent, rows, match=_UNIQUE, update=update)
    gone = [e.parked.pk for e in endings if e.parked and e.outcome is not Outcome.PARKED]
    if gone:
        ParkedEvent.objects.filter(pk__in=gone).delete()


def wake(endings: Iterable[Ending]) -> int:
    """Make due what waits for a row that the batch brought; return how many."""
    brought = [ending for ending in endings if ending.outcome is Outcome.APPLIED]
    consumers = frozenset(ending.consumer for ending in brought)
    if not consumers or not _are_awaited(consumers):
        return 0
    return ParkedEvent.objects.wake([e.reference for e in brought if e.reference])


def _are_awaited(consumers: frozenset[str]) -> bool:
    """Return whether anything waits for a row that one of these consumers is to bring."""
    with connection.cursor() as cursor:
        cursor.execute(*_look_for_waiting(consumers))
        return cursor.fetchone() is not None


# Nearly every batch looks: its statement is made once.
@cache
def _look_for_waiting(consumers: frozenset[str]) -> tuple[str, Sequence[Any]]:
    rows = ParkedEvent.objects.wanting(consumers).values_list("pk")[:1]
    return rows.query.sql_with_params()


def _row(batch: Batch, ending: Ending, now: datetime) -> ParkedEvent:
    attempts = ending.parked.attempts + 1 if ending.parked else 0
    if not ending.parked:
        log.info(
            Action.EVENT_PARKED,
            room=batch.room.name,
            consumer=ending.consumer,
            place=ending.message.place,
        )
    return ParkedEvent(
        room=batch.room.name,
        consumer=ending.consumer,
        waiting_for=ending.waiting_for,
        attempts=attempts,
        parked_at=ending.parked.parked_at if ending.parked else now,
        retry_at=now + _pause(ending, attempts, now),
        **identity_of(ending.message),
        **ParkedEvent.columns_of(ending.message),
    )


def _pause(ending: Ending, attempts: int, now: datetime) -> timedelta:
    max_age = timedelta(seconds=get_settings().park_max_age)
    if ending.parked and now - ending.parked.parked_at >= max_age:
        return LONGEST_PAUSE  # its last one, see ``expire``
    return min(FIRST_PAUSE * (1 << min(attempts, 20)), LONGEST_PAUSE)
