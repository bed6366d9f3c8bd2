"""What a person may do about dead letters and parked events beside a replay; each is recorded.

The commands, the admin and whatever else offers it call these; they check no permissions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from os import getpid
from typing import Any

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from shared import connections, dead_letters
from shared.conf import get_settings
from shared.dead_letters import identity_of
from shared.direct import worker_name
from shared.exceptions import ConfigurationError
from shared.logging import Action, Log
from shared.models import DeadLetter, OutcomeCount, ParkedEvent, Repair, RepairAction, StoredMessage
from shared.outcomes import Outcome
from shared.selection import batches, lock
from shared.times import minute_of

log = Log(__name__)

REFUSED = "refused"
"""Nobody can take it; it was left as it is."""
BUSY = "busy"
"""Somebody else has it at this moment; it was left to them."""

LONGEST_REASON = 1000
MOST = 500
"""So many rows are repaired by one request; for more there are the commands."""


@dataclass(frozen=True, slots=True)
class By:
    """Who repairs, and why."""

    actor: str
    reason: str = ""

    def __post_init__(self) -> None:
        if not 0 < len(self.actor.strip()) <= 150:
            raise ConfigurationError(
                "The actor is empty or too long.", hint="Name who does it, in 150 characters."
            )
        if len(self.reason) > LONGEST_REASON or "\0" in self.reason + self.actor:
            raise ConfigurationError(
                "The reason can't be kept.",
                hint=f"Use {LONGEST_REASON} characters, none of them NUL.",
            )

    def require_reason(self) -> None:
        """Raise ``ConfigurationError`` without a reason: what is dropped must be accounted for."""
        if not self.reason.strip():
            raise ConfigurationError(
                "A reason is missing.", hint="Say why, for those who ask later."
            )


@dataclass(frozen=True, slots=True)
class Repaired:
    """What became of one row that was to be repaired; ``error`` says why not, where it wasn't."""

    id: int
    place: str
    result: str
    error: str
    is_good: bool


def discard(letters: QuerySet[DeadLetter], by: By) -> Iterator[Repaired]:
    """Drop dead letters for good. Raises ``ConfigurationError`` without a reason."""
    by.require_reason()
    return _each_batch(letters, lambda ours: _drop(ours, by, RepairAction.DISCARD, "discarded"))


def prune(rows: QuerySet[Any], by: By) -> Iterator[Repaired]:
    """Drop dead letters, or parked events, that have been kept for long enough."""
    return _each_batch(rows, lambda ours: _drop(ours, by, RepairAction.PRUNE, "pruned"))


def retry(parked: QuerySet[ParkedEvent], by: By) -> Iterator[Repaired]:
    """Make parked events due now; a worker of their room retries them."""
    return _each_batch(parked, lambda ours: _hasten(ours, by))


def bury(parked: QuerySet[ParkedEvent], by: By) -> Iterator[Repaired]:
    """Make dead letters of parked events. Raises ``ConfigurationError`` without a reason."""
    by.require_reason()
    return _each_batch(parked, lambda ours: _bury(ours, by, timezone.now()))


def record(
    rows: Sequence[StoredMessage], by: By, action: RepairAction, results: Sequence[str]
) -> None:
    """Keep who repaired these rows, inside the transaction that does.

    Once that is committed it is logged, without the reason, which may name somebody.
    """
    repairs = [
        _repair_of(row, by, action, result) for row, result in zip(rows, results, strict=True)
    ]
    Repair.objects.bulk_create(repairs)
    transaction.on_commit(partial(_tell, repairs))


def _tell(repairs: Sequence[Repair]) -> None:
    for each in repairs:
        log.info(
            Action.EVENT_REPAIRED,
            repair=str(each.action),
            actor=each.actor,
            room=each.room,
            consumer=each.consumer,
            receiver=each.receiver,
            place=each.place,
            result=each.result,
        )


def _repair_of(row: StoredMessage, by: By, action: RepairAction, result: str) -> Repair:
    return Repair(
        at=timezone.now(),
        actor=by.actor,
        action=action,
        reason=by.reason,
        result=result,
        room=row.room,
        consumer=row.consumer,
        receiver=row.receiver if isinstance(row, DeadLetter) else "",
        event_type=row.event_type,
        event_id=row.event_id,
        place=row.message.place,
        error=row.error if isinstance(row, DeadLetter) else _wait_of(row),
    )


def _wait_of(row: StoredMessage) -> str:
    return f"It waited for {row.waiting_for}." if isinstance(row, ParkedEvent) else ""


def _each_batch(rows: QuerySet[Any], work: Callable[[list[Any]], str]) -> Iterator[Repaired]:
    """Do the work on locked rows, a transaction for each batch; it says how the rows ended."""
    try:
        for ids in batches(rows):
            with transaction.atomic():
                ours = lock(rows.model, ids)
                result = work(ours) if ours else ""
            yield from (Repaired(row.pk, row.message.place, result, "", True) for row in ours)
            yield from left_to_others(rows.model, ids, ours)
    except DatabaseError as error:
        raise connections.meaning_of(error) from error


def left_to_others(
    model: type[StoredMessage], ids: Sequence[int], ours: Sequence[Any]
) -> Iterator[Repaired]:
    """Yield of these ids those that somebody else holds; one that is gone by now is no news."""
    rest = set(ids) - {row.pk for row in ours}
    for row in model._default_manager.filter(pk__in=rest) if rest else ():
        error = "somebody else has it at this moment"
        yield Repaired(row.pk, row.message.place, BUSY, error, False)


def _drop(rows: list[Any], by: By, action: RepairAction, result: str) -> str:
    record(rows, by, action, [result] * len(rows))
    type(rows[0])._default_manager.filter(pk__in=[row.pk for row in rows]).delete()
    return result


def _hasten(parked: list[ParkedEvent], by: By) -> str:
    record(parked, by, RepairAction.RETRY, ["due"] * len(parked))
    ParkedEvent.objects.filter(pk__in=[event.pk for event in parked]).hasten()
    return "due"


def _bury(parked: list[ParkedEvent], by: By, now: datetime) -> str:
    dead_letters.keep([_letter_of(event, now) for event in parked])
    record(parked, by, RepairAction.BURY, ["buried"] * len(parked))
    ParkedEvent.objects.filter(pk__in=[event.pk for event in parked]).delete()
    count_moves(parked, Outcome.PARKED, Outcome.DEAD, now=now)
    return "buried"


def _letter_of(parked: ParkedEvent, now: datetime) -> DeadLetter:
    return DeadLetter(
        room=parked.room,
        consumer=parked.consumer,
        group=get_settings().group_of(parked.room),
        error=f"Buried on demand while it waited for {parked.waiting_for}.",
        attempts=parked.attempts + 1,
        buried_at=now,
        **identity_of(parked.message),
        **DeadLetter.columns_of(parked.message),
    )


def count_moves(
    rows: Sequence[StoredMessage], source: Outcome, to: Outcome | None = None, *, now: datetime
) -> None:
    """Count that these events are ``source`` no more, but ``to``, unless that is counted."""
    for room, consumer in sorted({(row.room, row.consumer) for row in rows}):
        number = sum((row.room, row.consumer) == (room, consumer) for row in rows)
        OutcomeCount.add(
            {source.value: -number} | ({to.value: number} if to else {}),
            worker=worker_name(getpid()),
            room=room,
            consumer=consumer,
            minute=minute_of(now),
        )
