"""How a batch's records are handed to their destination: together, or one by one.

One by one an event that can't be written is found, and the others aren't held up by it. What is
caught here becomes a ``PoisonError``; what isn't fails the batch, see ``shared.pipeline``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, transaction

from shared.batches import Delivery
from shared.conf import get_settings
from shared.consumer import Consumer
from shared.exceptions import FatalError, PoisonError, TransientError
from shared.hosts import HostDestination
from shared.outcomes import MissingParent, Outcome, WriteResult
from shared.producing import silenced
from shared.reactions import Reaction, clears_the_event, describe, origin, reaction_to
from shared.records import PositionedRecord, Record

T = TypeVar("T")

_MOST_SUSPECTS = 3
_ANSWERS = (Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE, Outcome.FILTERED)


@dataclass(frozen=True, slots=True)
class Mapped:
    """A delivery and the record that it became."""

    delivery: Delivery
    item: PositionedRecord[Record]


Write: TypeAlias = Callable[[Consumer, Sequence[Mapped]], list[WriteResult]]
"""A way to write one consumer's records."""


def write_first(consumer: Consumer, mapped: Sequence[Mapped]) -> list[WriteResult]:
    """Write all at once or, where the destination asks for it, one by one.

    Raises as these do, and what another transaction may explain: a new one sees what that has done.
    """
    destination = get_settings().destination_of(consumer.name)
    if isinstance(destination, HostDestination) and destination.one_by_one:
        return [_write_one(consumer, item, is_final=False) for item in mapped]
    return write_together(consumer, mapped)


def write_together(consumer: Consumer, mapped: Sequence[Mapped]) -> list[WriteResult]:
    """Write all at once. Raises what the destination raises, and ``FatalError`` without answers."""
    destination = get_settings().destination_of(consumer.name)
    with silenced():
        results = list(destination([each.item for each in mapped]) or ())
    if len(results) != len(mapped) or not all(map(_is_answer, results)):
        raise FatalError(
            f"The destination of {consumer.name} didn't answer for each of {len(mapped)} records.",
            hint="It returns APPLIED, UNCHANGED, STALE, FILTERED, a MissingParent or a "
            "PoisonError, in order.",
        )
    return [*results]


def _is_answer(result: object) -> bool:
    if isinstance(result, Outcome):
        return result in _ANSWERS
    return isinstance(result, MissingParent | PoisonError)


def write_singly(consumer: Consumer, mapped: Sequence[Mapped]) -> list[WriteResult]:
    """Write one by one; what fails on its data is poison. Raises the other failures."""
    return [_write_one(consumer, item) for item in mapped]


def write_isolated(consumer: Consumer, mapped: Sequence[Mapped]) -> list[WriteResult]:
    """Write one by one; what fails transiently, twice, while the others are taken is poison.

    What clears the event is raised: who waits for another's lock, loses to it or finds no space is
    a good one. So is what fails if more than a few do, or nothing was taken: that says that not the
    events are at fault. It is raised soon, for each may have taken its time.
    """
    results: dict[int, WriteResult] = {}
    suspects: list[int] = []
    for index, item in enumerate(mapped):
        try:
            results[index] = _write_one(consumer, item)
        except Exception as error:
            suspects.append(index)
            if not _may_be_the_event(error) or len(suspects) > _MOST_SUSPECTS:
                raise
            failure = error
    if suspects and not any(isinstance(result, Outcome) for result in results.values()):
        raise failure
    for index in suspects:
        try:
            results[index] = _write_one(consumer, mapped[index])
        except Exception as error:
            if not _may_be_the_event(error):
                raise
            results[index] = poison(error)
    return [results[index] for index in range(len(mapped))]


def _may_be_the_event(error: Exception) -> bool:
    if clears_the_event(error) or transaction.get_rollback():
        return False
    return reaction_to(error) is Reaction.RETRY


def _write_one(consumer: Consumer, item: Mapped, *, is_final: bool = True) -> WriteResult:
    return attempt(lambda: write_together(consumer, [item])[0], is_final=is_final)


def attempt(act: Callable[[], T], *, is_final: bool = True) -> T | PoisonError:
    """Act in a savepoint. What fails on its data is undone and returned, other failures raised.

    So is what another transaction may explain, unless this attempt ``is_final``.
    """
    try:
        with transaction.atomic():
            result = act()
            _check_deferred_constraints()
            return result
    except Exception as error:
        if transaction.get_rollback():
            # There is no savepoint to go back to: the connection broke, or a deadlock took it.
            raise TransientError(f"The transaction was lost: {describe(error)}.") from error
        if reaction_to(error) is Reaction.ISOLATE and (is_final or not _may_be_a_race(error)):
            return poison(error)
        raise


def _may_be_a_race(error: Exception) -> bool:
    """Return whether there may be, or be missing, a row since this transaction began to look."""
    return isinstance(error, IntegrityError | ObjectDoesNotExist)


def _check_deferred_constraints() -> None:
    """Let a foreign key that leads nowhere fail with its event, not at the batch's commit."""
    connection = transaction.get_connection()
    if connection.features.can_defer_constraint_checks:
        connection.check_constraints()


def poison(error: Exception) -> PoisonError:
    """Return what is wrong, in words that hold no value of the event."""
    if isinstance(error, PoisonError):
        return error
    return PoisonError(f"The event could not be settled: {describe(error)}, {origin(error)}.")
