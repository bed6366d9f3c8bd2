"""How an event can end for a consumer; nothing here decides which ending applies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, TypeAlias

from shared.exceptions import PoisonError
from shared.records import Key, fold_key


class Outcome(StrEnum):
    """How an event ended for one consumer: exactly one of these."""

    APPLIED = "applied"
    """The row now says what the event says."""
    UNCHANGED = "unchanged"
    """The row said so already."""
    STALE = "stale"
    """The row has followed a newer event."""
    FILTERED = "filtered"
    """The consumer doesn't want it."""
    IGNORED = "ignored"
    """The room consumes no such event type."""
    PARKED = "parked"
    """Waits for something it refers to."""
    DEAD = "dead"
    """Can't succeed without a person."""


@dataclass(frozen=True, slots=True)
class MissingParent:
    """A destination's answer when the row that a record refers to isn't there yet.

    ``consumer`` is the name of the consumer that will bring it, ``key`` the parent's natural key.
    """

    consumer: str
    key: Key

    def __str__(self) -> str:
        return reference(self.consumer, self.key)


WriteResult: TypeAlias = Outcome | MissingParent | PoisonError
"""What a destination answers for each record.

One that answers with a ``PoisonError`` has the event buried and nothing undone, for others have
been told of it; one that raises it has the record undone.
"""


Held: TypeAlias = Mapping[str, Any] | Literal[Outcome.FILTERED] | None
"""What a destination says a host holds for a record: values by the record's fields; ``None`` where
there is no row, ``FILTERED`` where none is wanted."""


def reference(consumer: str, key: Key) -> str:
    """Return the text by which a parked event is found when its parent arrives."""
    return reference_prefix(consumer) + fold_key(key)


def reference_prefix(consumer: str) -> str:
    """Return how the references to all that a consumer brings begin."""
    return f"{consumer}:"
