"""Which dead letters or parked events are meant: what commands and other interfaces can ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Count, Model, Q, QuerySet

from shared import registry
from shared.conf import get_settings
from shared.exceptions import ConfigurationError
from shared.misspellings import hint_about
from shared.models import DeadLetter, ParkedEvent


class BadSelection(ConfigurationError):
    """What is asked for can't be meant: ``problem`` is what is wrong with ``field``."""

    def __init__(self, field: str, problem: str, *, hint: str) -> None:
        super().__init__(f"--{field.replace('_', '-')}: {problem}", hint=hint)
        self.field = field
        self.problem = problem


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """All of them, as far as nothing else is said; what is said must hold together.

    ``error`` is a part of a dead letter's error, or of what a parked event waits for. ``since`` and
    ``until`` are about the time of burying or parking; ``until`` itself is left out.
    """

    room: str | None = None
    consumer: str | None = None
    event_type: str | None = None
    error: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    ids: tuple[int, ...] = ()

    @property
    def is_all(self) -> bool:
        """Whether nothing is said."""
        return self == Selection()

    def letters(self) -> QuerySet[DeadLetter]:
        """Return the dead letters. Raises ``BadSelection`` for what can't be meant."""
        return self._of(DeadLetter.objects.all(), time="buried_at", text="error")

    def parked(self) -> QuerySet[ParkedEvent]:
        """Return the parked events. Raises ``BadSelection`` for what can't be meant."""
        return self._of(ParkedEvent.objects.all(), time="parked_at", text="waiting_for")

    def _of(self, rows: QuerySet[Any], *, time: str, text: str) -> QuerySet[Any]:
        self._check(rows)
        wanted = {
            "room": self.room,
            "consumer": self.consumer,
            "event_type": self.event_type,
            f"{text}__icontains": self.error,
            f"{time}__gte": self.since,
            f"{time}__lt": self.until,
            "pk__in": self.ids or None,
        }
        return rows.filter(
            Q(**{name: value for name, value in wanted.items() if value is not None})
        )

    def _check(self, rows: QuerySet[Any]) -> None:
        if self.since and self.until and self.since >= self.until:
            raise BadSelection(
                "since", "it is not before until.", hint="Let it be the earlier one."
            )
        if beyond := [each for each in self.ids if not 0 < each <= BigIntegerField.MAX_BIGINT]:
            raise BadSelection("id", f"no row has the id {beyond[0]}.", hint="See list.")
        if unknown := sorted(set(self.ids) - set(_ids(rows, self.ids))):
            listed = ", ".join(map(str, unknown[:5]))
            raise BadSelection(
                "id",
                f"{len(unknown)} of {len(set(self.ids))} aren't there (any more): {listed}.",
                hint="See list; repaired ones are gone.",
            )
        for name, known in _names().items():
            self._check_name(rows, name, known)

    def _check_name(self, rows: QuerySet[Any], name: str, known: set[str]) -> None:
        """Refuse a name that is neither installed nor in any row: it is misspelt."""
        value = getattr(self, name)
        if value is None or value in known or rows.filter(**{name: value}).exists():
            return
        raise BadSelection(name, f"there is no {value!r}.", hint=hint_about(value, sorted(known)))


def batches(rows: QuerySet[Any]) -> Iterator[list[int]]:
    """Yield the ids of rows in batches of ``BATCH_SIZE``, the oldest first.

    What comes to the table meanwhile is left, so that this ends.
    """
    last = rows.order_by("-pk").values_list("pk", flat=True).first()
    if last is None:
        return
    ids = rows.filter(pk__lte=last).order_by("pk").values_list("pk", flat=True)
    seen = 0
    while batch := list(ids.filter(pk__gt=seen)[: get_settings().batch_size]):
        yield batch
        seen = batch[-1]


def counted(rows: QuerySet[Any], *names: str) -> list[dict[str, Any]]:
    """Return how many rows there are of each combination of these columns."""
    found = rows.order_by(*names).values(*names).annotate(count=Count("pk"))
    return [dict(each) for each in found]


def row_of(rows: QuerySet[Any], text: str) -> Any:
    """Return the row whose id a text is, of an address say, or ``None``."""
    is_id = text.isascii() and text.isdecimal() and len(text) < 20
    if is_id and int(text) <= BigIntegerField.MAX_BIGINT:
        return rows.filter(pk=int(text)).first()
    return None


def lock(model: type[Model], ids: list[int]) -> list[Any]:
    """Lock rows, the oldest first, and leave out those that are gone or that somebody else has."""
    rows = model._default_manager.select_for_update(skip_locked=True)
    return list(rows.filter(pk__in=ids).order_by("pk"))


def _ids(rows: QuerySet[Any], ids: tuple[int, ...]) -> list[int]:
    return list(rows.filter(pk__in=ids).values_list("pk", flat=True)) if ids else []


def _names() -> dict[str, set[str]]:
    consumers = registry.consumers()
    return {
        "room": {room.name for room in registry.rooms()},
        "consumer": {consumer.name for consumer in consumers},
        "event_type": {r.signal.event_type for each in consumers for r in each.routes},
    }
