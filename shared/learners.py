"""Where a consumer's events and rows name a learner, and how two names of one learner are compared.

Declares and compares only; ``shared.retirement`` remembers who is retired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias


class Identity(StrEnum):
    """By what a learner is known."""

    LMS_USER_ID = "lms_user_id"
    USERNAME = "username"
    EMAIL = "email"


Names: TypeAlias = frozenset[tuple[Identity, str]]
"""By what a learner, or several, are known, each folded."""

OTHERWISE_FOLDED = "[^!-~]"
"""Finds names that a database may fold otherwise than we do, such as those with a sharp s."""

KEPT = object()
"""What a column that is part of its row's key says of a retired learner: the same as before."""


@dataclass(frozen=True, slots=True)
class LearnerField:
    """One field that names a learner, by its dotted path in an event and by its row's column.

    Without a column rows don't have it. ``blank`` is what the column says once the learner is
    retired.
    """

    identity: Identity
    path: str
    column: str = ""
    blank: object = KEPT


@dataclass(frozen=True, slots=True)
class Learner:
    """Where the events and rows of a consumer name a learner.

    ``without`` makes of a retired learner's record one that names nobody, or ``None`` where the
    event is about nothing else; without it such events aren't wanted. ``details`` has columns that
    tell of the learner and that nobody is found by, such as a full name, each with what it says
    once the learner is retired.
    """

    fields: tuple[LearnerField, ...]
    without: Callable[[Any], Any] | None = None
    details: tuple[tuple[str, object], ...] = ()

    def names_in(self, data: Mapping[str, Any]) -> Names:
        """Return whom an event's data names."""
        return names((each.identity, _value(data, each.path)) for each in self.fields)

    def names_of(self, columns: Mapping[str, Any]) -> Names:
        """Return whom a row, or a record, names."""
        return names((each.identity, columns.get(each.column)) for each in self.fields)

    @property
    def blanks(self) -> dict[str, object]:
        """What a row says of a retired learner, by column."""
        names = {each.column: each.blank for each in self.fields if each.blank is not KEPT}
        return names | dict(self.details)


def names(found: Iterable[tuple[Identity, object]]) -> Names:
    """Return names as they are compared: without case, and without those that say nothing."""
    folded = ((identity, fold(value)) for identity, value in found if value is not None)
    return frozenset((identity, value) for identity, value in folded if value)


def fold(value: object) -> str:
    """Return one name as it is compared."""
    return str(value).strip().casefold()


def _value(data: Mapping[str, Any], path: str) -> object:
    """Return what is at a path; of an event type that hasn't got it, nothing."""
    first, *others = path.split(".")
    value = data.get(first)
    for name in others:
        value = getattr(value, name, None)
    return value
