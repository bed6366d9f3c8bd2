"""The judge of the comparison with the stock consumer is fair to both.

The arena is a stand-in that says what database and broker would: no server is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from tests.faults.aftermath import Damage, damage
from tests.faults.arena import Arena
from tests.faults.stream import Landed, Said, What

SHELF = Said(What.SHELF, 1, "A", text="novels")
BOOK = Said(What.BOOK, 2, "A", "1", "Emma", 3)
NEWER = Said(What.BOOK, 4, "A", "1", "Emma, revised", 5)
ORPHAN = Said(What.BOOK, 2, "nowhere", "2", "Persuasion", 3)
UNDECODABLE = Said(What.UNDECODABLE, 2, "A")
UNKNOWN = Said(What.UNKNOWN, 2, "A")


@dataclass
class Aftermath:
    """What is found after messages have been published to one partition, in their order."""

    said: Sequence[Said]
    passed: int
    """How many the group has committed."""
    shelves: list[tuple[str, ...]] = field(default_factory=list)
    books: list[tuple[str, ...]] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    """The offsets of dead letters."""
    server = SimpleNamespace(quote='"')

    @property
    def landed(self) -> list[Landed]:
        """The messages."""
        return [Landed(said, 0, offset) for offset, said in enumerate(self.said)]

    def committed(self) -> dict[int, int]:
        """Return the group's offset."""
        return {0: self.passed} if self.passed else {}

    def ends(self) -> dict[int, int]:
        """Return the end of the partition."""
        return {0: len(self.said)}

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of the table that a statement names."""
        tables: dict[str, Sequence[tuple[Any, ...]]] = {
            "testapp_shelf": self.shelves,
            "testapp_book": self.books,
            "event_sync_deadletter": [("0", str(offset)) for offset in self.kept],
            "event_sync_parkedevent": [],
        }
        return list(tables[statement.split()[-1]])


def of(*said: Said, passed: int | None = None, **found: Any) -> Damage:
    """Return the damage; all messages are passed if nothing else is said."""
    aftermath = Aftermath(said, len(said) if passed is None else passed, **found)
    return damage(cast(Arena, aftermath))


ROW = ("1", "Emma", "3", "A")
NEWER_ROW = ("1", "Emma, revised", "5", "A")
SHELVES = [("A", "novels")]


def test_nothing_is_amiss():
    """Every row says its newest event, and what is of no use to anybody may be dropped."""
    assert of(SHELF, BOOK, NEWER, UNKNOWN, shelves=SHELVES, books=[NEWER_ROW]) == Damage(0, 0, 0, 0)


def test_passed_event_without_a_row_is_lost():
    """Each of them."""
    assert of(SHELF, BOOK, NEWER, shelves=SHELVES) == Damage(2, 0, 0, 0)


def test_event_on_the_broker_is_not_lost():
    """Nor is a row wrong that says the newest event that was passed."""
    assert of(SHELF, BOOK, NEWER, passed=1, shelves=SHELVES) == Damage(0, 0, 0, 2)
    found = of(SHELF, BOOK, NEWER, passed=2, shelves=SHELVES, books=[ROW])
    assert found == Damage(0, 0, 0, 1)


def test_row_ahead_of_its_commit_is_right():
    """The worker died in between."""
    found = of(SHELF, BOOK, NEWER, passed=2, shelves=SHELVES, books=[NEWER_ROW])
    assert found == Damage(0, 0, 0, 1)


def test_row_that_was_overtaken_is_wrong():
    """By a late event, or because the newest was lost; so is a row that nobody told of."""
    assert of(SHELF, NEWER, BOOK, shelves=SHELVES, books=[ROW]) == Damage(0, 0, 1, 0)
    assert of(SHELF, shelves=SHELVES, books=[ROW]) == Damage(0, 0, 1, 0)


def test_bad_event_is_lost_unless_it_is_kept():
    """An orphan, or bytes that are no event, is for a person to look at."""
    assert of(UNDECODABLE, ORPHAN) == Damage(0, 2, 0, 0)
    assert of(UNDECODABLE, ORPHAN, kept=[0, 1]) == Damage(0, 0, 0, 0)
    assert of(UNDECODABLE, ORPHAN, passed=0) == Damage(0, 0, 0, 2)
