"""Replaying dead letters: they take the way of a new event, through the same ordering guard.

Synchronous, in the process that asks for it. What ends otherwise than dead is taken out of the dead
letters in the transaction that settles it; the rest stays, with what is wrong now. Whatever ends it
in the middle, what was replayed is done and the rest can be replayed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from os import getpid
from time import sleep
from typing import Any, TypeAlias

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from edx_django_utils.cache import RequestCache

from shared import connections, registry
from shared.addressees import NoAddressee, addressees_of
from shared.batches import Batch, Ending
from shared.conf import get_settings
from shared.consumer import Room
from shared.dead_letters import reason_of
from shared.direct import worker_name
from shared.exceptions import TransientError, UndecodableMessage
from shared.messages import Event
from shared.models import DeadLetter, RepairAction
from shared.outcomes import Outcome
from shared.pipeline import settle
from shared.receivers import call
from shared.repairs import REFUSED, By, Repaired, count_moves, left_to_others, record
from shared.retirement import names_retired
from shared.selection import batches, counted, lock
from shared.stored_events import StoredEvents

CALLED = "called"
"""A receiver of the host has taken it."""

_ATTEMPTS = 3

_Decoded: TypeAlias = tuple[DeadLetter, Event]


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What became of a dead letter; one that isn't ``over`` stays, with this error."""

    letter: DeadLetter
    result: str
    is_over: bool
    error: str = ""

    @property
    def repaired(self) -> Repaired:
        is_good = self.is_over and not self.error
        return Repaired(self.letter.pk, self.letter.message.place, self.result, self.error, is_good)


def plan(letters: QuerySet[DeadLetter]) -> list[dict[str, Any]]:
    """Return what a replay would be about: counts by room, consumer, receiver and event type.

    ``refused`` has the reason why nobody could take them, if so. Decodes and changes nothing.
    """
    names = ("room", "consumer", "receiver", "event_type")
    return [
        group | {"refused": _refusal(DeadLetter(**{name: group[name] for name in names}))}
        for group in counted(letters, *names)
    ]


def replay(letters: QuerySet[DeadLetter], by: By) -> Iterator[Repaired]:
    """Replay dead letters, the oldest first, and yield what became of each once it is committed.

    Raises ``TransientError`` or ``FatalError``: then those that weren't yielded are untouched.
    """
    try:
        with StoredEvents() as events:
            for ids in batches(letters):
                yield from _replay_batch(ids, by, events)
    except DatabaseError as error:
        raise connections.meaning_of(error) from error


def _replay_batch(ids: list[int], by: By, events: StoredEvents) -> Iterator[Repaired]:
    """Decode first and lock later: a registry may take its time."""
    rooms: dict[Room, list[_Decoded]] = {}
    for letter in DeadLetter.objects.filter(pk__in=ids).order_by("pk"):
        try:
            addressees = addressees_of(letter)
            event = events.event_of(letter.message)
        except NoAddressee as error:
            yield Repaired(letter.pk, letter.message.place, REFUSED, error.message, False)
        except UndecodableMessage as error:
            yield from _still_dead(letter, error.message, by)
        else:
            if addressees.room:
                rooms.setdefault(addressees.room, []).append((letter, event))
            else:
                yield from _call(letter, event, addressees.receivers, by)
    # Parents first, as they are declared: then their children need not be parked.
    for room in sorted(rooms, key=_rank):
        yield from _settle(room, rooms[room], by)


def _settle(room: Room, decoded: list[_Decoded], by: By) -> Iterator[Repaired]:
    """Settle letters of one room as a batch; after a failure one by one, as a worker does.

    Else a letter that fails transiently for ever would keep the others from their replay.
    """
    known = {letter.pk: event for letter, event in decoded}
    for attempt in range(_ATTEMPTS):
        RequestCache.clear_all_namespaces()
        try:
            return _conclude(
                [letter for letter, _ in decoded],
                by,
                partial(_settled, room, known, isolate=attempt > 0),
            )
        except TransientError:
            if attempt + 1 == _ATTEMPTS:
                raise
            sleep(get_settings().pause_after(attempt + 1))
            connections.refresh(is_retry=True)
    raise AssertionError("unreachable")


def _settled(
    room: Room, events: Mapping[int, Event], letters: Sequence[DeadLetter], *, isolate: bool
) -> list[_Verdict]:
    now = timezone.now()
    batch = Batch(
        room=room,
        group=get_settings().group_of(room.name),
        worker=worker_name(getpid()),
        arrivals=tuple(events[letter.pk] for letter in letters),
    )
    endings: dict[int, list[Ending]] = {}
    for ending in settle(batch, now=now, isolate=isolate).endings:
        endings.setdefault(ending.index, []).append(ending)
    count_moves(letters, Outcome.DEAD, now=now)
    return [_verdict(letter, endings[index]) for index, letter in enumerate(letters)]


def _verdict(letter: DeadLetter, endings: Sequence[Ending]) -> _Verdict:
    """Return what the endings come to; what none had seen is each consumer's own concern now."""
    result = ", ".join(sorted({str(ending.outcome) for ending in endings}))
    errors = [ending.error for ending in endings if ending.outcome is Outcome.DEAD]
    is_over = not (letter.consumer and errors)
    return _Verdict(letter, result, is_over=is_over, error=" ".join(errors))


def _call(
    letter: DeadLetter, event: Event, receivers: Iterable[Callable[..., Any]], by: By
) -> Iterator[Repaired]:
    """Call the host's receivers of one name, as a worker does: outside of a transaction."""
    if _names_retired(event):
        return _concluded(letter, Outcome.FILTERED, by)
    RequestCache.clear_all_namespaces()
    failures = [failure for each in receivers if (failure := call(each, event))]
    if failures:
        connections.refresh()
        return _still_dead(letter, reason_of(failures[0]), by)
    return _concluded(letter, CALLED, by)


def _concluded(letter: DeadLetter, result: str, by: By) -> Iterator[Repaired]:
    return _conclude([letter], by, lambda ours: [_Verdict(each, result, True) for each in ours])


def _names_retired(event: Event) -> bool:
    try:
        return names_retired(event)
    except DatabaseError as error:
        raise connections.meaning_of(error) from error


def _still_dead(letter: DeadLetter, error: str, by: By) -> Iterator[Repaired]:
    def judge(ours: Sequence[DeadLetter]) -> list[_Verdict]:
        return [_Verdict(each, Outcome.DEAD, is_over=False, error=error) for each in ours]

    return _conclude([letter], by, judge)


def _conclude(
    letters: Sequence[DeadLetter], by: By, judge: Callable[[Sequence[DeadLetter]], list[_Verdict]]
) -> Iterator[Repaired]:
    """Lock letters, judge them, and write what that means, in one transaction."""
    ids = [letter.pk for letter in letters]
    try:
        with transaction.atomic():
            ours = lock(DeadLetter, ids)
            verdicts = judge(ours) if ours else []
            _write(verdicts, by)
        others = list(left_to_others(DeadLetter, ids, ours))
    except DatabaseError as error:
        raise connections.meaning_of(error) from error
    return iter([each.repaired for each in verdicts] + others)


def _write(verdicts: Sequence[_Verdict], by: By) -> None:
    letters = [each.letter for each in verdicts]
    record(letters, by, RepairAction.REPLAY, [each.result for each in verdicts])
    over = [each.letter.pk for each in verdicts if each.is_over]
    DeadLetter.objects.filter(pk__in=over).delete()
    for each in verdicts:
        if not each.is_over:
            changes = {"attempts": each.letter.attempts + 1, "error": each.error}
            DeadLetter.objects.filter(pk=each.letter.pk).update(**changes)


def _rank(room: Room) -> int:
    names = [consumer.name for consumer in registry.consumers()]
    return names.index(room.consumers[0].name)


def _refusal(letter: DeadLetter) -> str:
    try:
        addressees_of(letter)
    except NoAddressee as error:
        return error.message
    return ""
