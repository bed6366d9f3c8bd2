"""What a comparison of a shadow with its host has found, and what that comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(kw_only=True)
class Comparison:
    """How the records of one consumer compare; each counts once."""

    consumer: str
    unreadable: str = ""
    """Why the destination's host can't be read, if so: then nothing was compared."""
    records: int = 0
    agree: int = 0
    differ: int = 0
    missing: int = 0
    """Records without a row in the host."""
    unwanted: int = 0
    """Records for which the destination's options want no row."""
    outdated: int = 0
    """Records that another version of the room kept, and that this one can't read."""
    unmappable: int = 0
    """Events that became no record, as far as they were kept."""
    has_more_unmappable: bool = False
    """Whether the shadow keeps no more of them: there may be others, also such as are newer."""
    fields: Counter[str] = field(default_factory=Counter)
    """In how many records each field differs."""
    examples: list[dict[str, str]] = field(default_factory=list)
    """Some of what doesn't agree, without values of personal fields."""

    @property
    def is_good(self) -> bool:
        """Whether all was compared, and agrees."""
        return (
            self.agree + self.unwanted == self.records
            and not self.unmappable
            and not self.has_more_unmappable
            and not self.unreadable
        )


@dataclass(frozen=True)
class Report:
    """The comparisons of a room's consumers."""

    room: str
    comparisons: Sequence[Comparison]
    undecodable: int
    """Messages that became no event, so that no consumer has them, as far as they were kept."""
    has_more_undecodable: bool
    """Whether the shadow keeps no more of them."""

    @property
    def problem(self) -> str:
        """Why a room had better not be cut over, if so."""
        if not any(each.records for each in self.comparisons):
            return f"Nothing was compared: {self._why_nothing}"
        has_undecodable = self.undecodable or self.has_more_undecodable
        if has_undecodable or not all(each.is_good for each in self.comparisons):
            return "Events and host don't agree, or not all could be compared."
        return ""

    @property
    def _why_nothing(self) -> str:
        reasons = [f"{c.consumer}: {c.unreadable}" for c in self.comparisons if c.unreadable]
        if reasons:
            return f"{'; '.join(reasons)}."
        if self.undecodable or any(each.unmappable for each in self.comparisons):
            return "no event became a record."
        return "has the room's shadow run?"

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "room": self.room,
            "agrees": not self.problem,
            "problem": self.problem,
            "undecodable": self.undecodable,
            "has_more_undecodable": self.has_more_undecodable,
            "consumers": [vars(each) for each in self.comparisons],
        }
