"""Takes the personal data of learners out of all that this project stores.

Once ``shared.retirement`` blocks them nothing of it comes back; so that comes first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from shared import connections, registry
from shared.conf import get_settings
from shared.consumer import Consumer
from shared.exceptions import UndecodableMessage
from shared.learners import OTHERWISE_FOLDED, Identity, Learner, Names, fold
from shared.models import DeadLetter, ParkedEvent, Repair, RepairAction, ShadowRecord, StoredMessage
from shared.outcomes import Outcome
from shared.record_json import plain_values
from shared.repairs import By, count_moves, record
from shared.selection import batches
from shared.stored_events import StoredEvents
from shared.tables import TableDestination

T = TypeVar("T")

NOBODY = "retired"
REMOVED = "(removed: it named a retired learner)"
# Also of the names in one query: SQLite takes no more than 1000 conditions.
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Found:
    """So many rows of one kind that name a learner, and so many that nobody here can read."""

    kind: str
    naming: int
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Erasure:
    """Who is to be forgotten, by whom, and what becomes of what can't be read.

    Each search yields what a batch came to once it is committed.
    """

    wanted: Names
    by: By
    is_real: bool
    drops_unreadable: bool

    def run(self) -> Iterator[Found]:
        """Go through all that is stored.

        Raises ``TransientError``, also while the registry is out of reach, or ``FatalError``.
        """
        try:
            with StoredEvents() as events:
                yield from self._messages(ParkedEvent, "parked events", events)
                yield from self._messages(DeadLetter, "dead letters", events)
            yield from self._shadow()
            yield from self._rows()
            yield from self._repairs()
        except DatabaseError as error:
            raise connections.meaning_of(error) from error

    def _messages(
        self, model: type[StoredMessage], kind: str, events: StoredEvents
    ) -> Iterator[Found]:
        learners = _learners_by_event_type()
        harmless = [event_type for event_type, found in learners.items() if not found]
        for ids in batches(model._default_manager.exclude(event_type__in=harmless)):
            rows = list(model._default_manager.filter(pk__in=ids))
            judged = {row.pk: self._judge_message(row, learners, events) for row in rows}
            yield self._concluded(kind, judged, lambda doomed: _drop(model, doomed, self.by))

    def _judge_message(
        self, row: StoredMessage, learners: Mapping[str, list[Learner]], events: StoredEvents
    ) -> bool | None:
        """Return whether a message names one of these, ``None`` if nobody can tell."""
        if not (found := learners.get(row.event_type)):
            return None
        try:
            data = events.event_of(row.message).data
        except UndecodableMessage:
            return None
        return any(learner.names_in(data) & self.wanted for learner in found)

    def _shadow(self) -> Iterator[Found]:
        consumers = {consumer.name: consumer for consumer in registry.consumers()}
        harmless = [name for name, consumer in consumers.items() if not consumer.learner]
        for ids in batches(ShadowRecord.objects.exclude(consumer__in=harmless).exclude(record="")):
            with transaction.atomic():
                rows = ShadowRecord.objects.select_for_update().filter(pk__in=ids).order_by("pk")
                judged = {
                    row.pk: self._judge_record(row, consumers.get(row.consumer)) for row in rows
                }
                found = self._concluded("shadow records", judged, _drop_shadow)
            yield found

    def _judge_record(self, row: ShadowRecord, consumer: Consumer | None) -> bool | None:
        if consumer is None or consumer.learner is None:
            return None
        return bool(consumer.learner.names_of(plain_values(row.record)) & self.wanted)

    def _concluded(
        self, kind: str, judged: Mapping[int, bool | None], drop: Callable[[list[int]], object]
    ) -> Found:
        naming = [pk for pk, verdict in judged.items() if verdict]
        unreadable = [pk for pk, verdict in judged.items() if verdict is None]
        doomed = naming + (unreadable if self.drops_unreadable else [])
        if self.is_real and doomed:
            drop(doomed)
        return Found(kind, len(naming), len(unreadable))

    def _rows(self) -> Iterator[Found]:
        for consumer in registry.consumers():
            if consumer.learner is None or consumer.name not in get_settings().destinations:
                continue
            table: object = get_settings().destination_of(consumer.name)
            if not isinstance(table, TableDestination):
                continue
            ids = table.naming(consumer.learner, self.wanted)
            for chunk in _chunks(ids):
                if self.is_real:
                    table.forget(consumer.learner, self.wanted, chunk, now=timezone.now())
                yield Found(f"rows of {consumer.name}", len(chunk))

    def _repairs(self) -> Iterator[Found]:
        """Take names out of what members of staff wrote, and of who they were."""
        texts = {name for identity, name in self.wanted if identity is not Identity.LMS_USER_ID}
        actors = Repair.objects.alias(lower=Lower("actor")).filter(
            Q(lower__in=texts) | Q(actor__regex=OTHERWISE_FOLDED)
        )
        own = [pk for pk, actor in actors.values_list("pk", "actor") if fold(actor) in texts]
        yield from self._rewrite(own, actor=NOBODY)
        theirs = set[int]()
        for some in _chunks(sorted(texts)):
            about = Q(reason__regex="[^ -~]")
            for text in some:
                about |= Q(reason__icontains=text)
            reasons = Repair.objects.filter(about).values_list("pk", "reason")
            theirs |= {pk for pk, reason in reasons if _names_one(reason, some)}
        yield from self._rewrite(sorted(theirs), reason=REMOVED)

    def _rewrite(self, ids: Sequence[int], **columns: str) -> Iterator[Found]:
        for chunk in _chunks(ids):
            if self.is_real:
                Repair.objects.filter(pk__in=chunk).update(**columns)
            yield Found("repairs", len(chunk))


def _drop(model: type[StoredMessage], ids: Sequence[int], by: By) -> None:
    """Drop messages, also those that somebody has at this moment: once they are done with them."""
    with transaction.atomic():
        locked = model._default_manager.select_for_update().filter(pk__in=ids)
        rows = list(locked.order_by("pk"))
        record(rows, by, RepairAction.RETIRE, ["erased"] * len(rows))
        model._default_manager.filter(pk__in=[row.pk for row in rows]).delete()
        if model is ParkedEvent:
            count_moves(rows, Outcome.PARKED, Outcome.FILTERED, now=timezone.now())


def _drop_shadow(ids: Sequence[int]) -> None:
    ShadowRecord.objects.filter(pk__in=ids).delete()


def _learners_by_event_type() -> dict[str, list[Learner]]:
    """Return where the events of each known type name a learner: nowhere, perhaps."""
    learners: dict[str, list[Learner]] = {}
    for consumer in registry.consumers():
        for route in consumer.routes:
            found = learners.setdefault(route.signal.event_type, [])
            if consumer.learner:
                found.append(consumer.learner)
    return learners


def _names_one(text: str, names: Iterable[str]) -> bool:
    """Return whether a text has one of these as a word of its own."""
    folded = text.casefold()
    return any(
        re.search(rf"(?<![\w@.-]){re.escape(name)}(?![\w@-])", folded)
        for name in names
        if name in folded
    )


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
