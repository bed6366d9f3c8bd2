"""What has been kept for long enough: which rows of which kind, and their removal in small steps.

A position keeps a row that is deleted from coming back: it stays while an older event may come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import Q, QuerySet

from shared import connections, registry
from shared.conf import get_settings
from shared.consumer import Consumer, Mode, Room
from shared.models import (
    AppliedEvent,
    Checkpoint,
    DeadLetter,
    OutcomeCount,
    ParkedEvent,
    Repair,
    ShadowFailure,
    ShadowRecord,
    WorkerMinute,
)
from shared.modes import consumers_in, shadow_name
from shared.ordering import Position
from shared.repairs import By, Repaired, prune
from shared.tables import TableDestination

AT_ONCE = 1000
"""How many rows are dropped in one transaction."""

Rows: TypeAlias = Callable[[datetime], list[QuerySet[Any]]]
"""Which rows are older than a time, and may go."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of rows; without ``days`` it is kept for ever unless somebody says otherwise."""

    name: str
    days: int | None
    rows: Rows
    is_recorded: bool = False


def drop(kind: Kind, before: datetime, by: By) -> Iterator[int]:
    """Drop what is older, and yield how many rows went, transaction by transaction.

    What somebody else has at this moment is left. Raises ``TransientError`` or ``FatalError``.
    """
    for rows in kind.rows(before):
        yield from (_recorded(rows, by) if kind.is_recorded else _deleted(rows))


def _recorded(rows: QuerySet[Any], by: By) -> Iterator[int]:
    repairs: Iterator[Repaired] = prune(rows, by)
    yield from (1 for each in repairs if each.is_good)


def _deleted(rows: QuerySet[Any]) -> Iterator[int]:
    """Delete by id: what the ids are of is old, and nobody changes it any more."""
    try:
        seen = 0
        while ids := list(_ids(rows, seen)):
            with transaction.atomic():
                # Asked once more: what is to go may have come to be needed.
                count = rows.filter(pk__in=ids).delete()[0]
            yield count
            seen = ids[-1]
    except DatabaseError as error:
        raise connections.meaning_of(error) from error


def _ids(rows: QuerySet[Any], seen: int) -> QuerySet[Any, int]:
    return rows.filter(pk__gt=seen).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]


def _older(model: Any, column: str, before: datetime) -> list[QuerySet[Any]]:
    return [model.objects.filter(**{f"{column}__lt": before})]


def _abandoned(before: datetime) -> list[QuerySet[Any]]:
    """Return the parked events of consumers that aren't here: no worker retries or buries them."""
    here = Q(pk__in=())
    for room, consumer in _installed():
        here |= Q(room=room.name, consumer=consumer.name)
    return [ParkedEvent.objects.filter(parked_at__lt=before).exclude(here)]


def _left_shadows(before: datetime) -> list[QuerySet[Any]]:
    """Return what shadows have kept of consumers that are in shadow no more."""
    in_shadow = [c.name for r in registry.rooms() for c in consumers_in(r, Mode.SHADOW)]
    rooms = [shadow_name(room) for room in registry.rooms() if consumers_in(room, Mode.SHADOW)]
    return [
        ShadowRecord.objects.filter(seen_at__lt=before).exclude(consumer__in=in_shadow),
        ShadowFailure.objects.filter(seen_at__lt=before).exclude(room__in=rooms),
    ]


def _positions(before: datetime) -> list[QuerySet[Any]]:
    """Return the positions, and the rows that say no more than that they are deleted.

    Of what may still be replayed or retried none goes.
    """
    position = Position.at(before)
    names = [consumer.name for _, consumer in _installed()]
    gone = AppliedEvent.objects.filter(position__lt=position, has_followed=True)
    gone = gone.exclude(consumer__in=names).exclude(position=Position.lowest())
    kept = set(DeadLetter.objects.values_list("consumer", flat=True))
    kept |= set(ParkedEvent.objects.values_list("consumer", flat=True))
    found: list[QuerySet[Any]] = [] if "" in kept else [gone.exclude(consumer__in=kept)]
    for room, consumer in reversed(_installed()):
        table = _table_of(consumer)
        if table and not _has_stored(room, consumer):
            found.append(table.deleted(position))
    return found


def _has_stored(room: Room, consumer: Consumer) -> bool:
    mine = Q(room=room.name, consumer__in=("", consumer.name))
    return any(model.objects.filter(mine).exists() for model in (DeadLetter, ParkedEvent))


def _table_of(consumer: Consumer) -> TableDestination[Any] | None:
    if consumer.name not in get_settings().destinations:
        return None
    destination: object = get_settings().destination_of(consumer.name)
    return destination if isinstance(destination, TableDestination) else None


def _installed() -> list[tuple[Room, Consumer]]:
    """Return what is installed; parents come before their children."""
    return [(room, consumer) for room in registry.rooms() for consumer in room.consumers]


_KINDS = (
    Kind("dead-letters", 180, partial(_older, DeadLetter, "buried_at"), is_recorded=True),
    Kind("parked", 180, _abandoned, is_recorded=True),
    Kind("repairs", 730, partial(_older, Repair, "at")),
    Kind("counts", 90, partial(_older, OutcomeCount, "minute")),
    Kind("minutes", 30, partial(_older, WorkerMinute, "minute")),
    Kind("shadow", 30, _left_shadows),
    Kind("checkpoints", 30, partial(_older, Checkpoint, "saved_at")),
    Kind("positions", None, _positions),
)
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _KINDS}
"""All kinds, in the order in which they are pruned: positions after what might need them."""
