"""How much is parked and dead, and since when; asked for by whoever watches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from django.db.models import Count, Max, Min

from shared.models import DeadLetter, ParkedEvent


@dataclass(frozen=True, slots=True)
class Depth:
    """So many, the oldest and the newest of which are from then."""

    count: int
    oldest: datetime
    newest: datetime


Depths: TypeAlias = Mapping[str, Depth]
"""By consumer; those that failed before any consumer saw them under the empty name."""


def parked_in(room_name: str) -> Depths:
    """Return how much a room has parked."""
    rows = ParkedEvent.objects.filter(room=room_name).values_list("consumer")
    return _depths(rows.annotate(n=Count("*"), first=Min("parked_at"), last=Max("parked_at")))


def dead_in(room_name: str) -> Depths:
    """Return how many dead letters a room has; those of receivers count as no consumer's."""
    rows = DeadLetter.objects.filter(room=room_name).values_list("consumer")
    return _depths(rows.annotate(n=Count("*"), first=Min("buried_at"), last=Max("buried_at")))


def _depths(rows: Iterable[Sequence[Any]]) -> Depths:
    return {consumer: Depth(*numbers) for consumer, *numbers in rows}
