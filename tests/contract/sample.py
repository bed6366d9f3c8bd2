"""What a room's ``samples.py`` tells the contract about each route of its consumers.

A sample makes events and says what row they become, which values are refused and which are taken.
It says nothing of order, batches or damage: those are the same for all (``tests/contract``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from factory.base import Factory
from openedx_events.tooling import OpenEdxPublicSignal

from shared import registry
from shared.consumer import Consumer, Room, Route
from shared.ordering import SyncedModel

Columns: TypeAlias = Mapping[str, Any]
"""Values of a row by the names of its columns."""
Edits: TypeAlias = Mapping[str, object]
"""What an event's Avro record shall hold, by dotted paths inside the signal's only argument."""


@dataclass(frozen=True, kw_only=True)
class State:
    """What a row may say: the factory's arguments, and the columns that they change.

    Without ``says`` the columns bear the arguments' names and values.
    """

    fields: Mapping[str, Any]
    says: Columns | None = None

    @property
    def columns(self) -> Columns:
        """The columns that this state changes."""
        return self.fields if self.says is None else self.says


@dataclass(frozen=True)
class Bad:
    """A value that can't become a row; the dead letter names ``path`` and then ``problem``.

    Paths begin inside the signal's only argument.
    """

    path: str
    value: object
    problem: str


@dataclass(frozen=True)
class Odd:
    """Values that look wrong and are taken, and the columns that show what they were taken for."""

    edits: Edits
    says: Columns


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """One route of one consumer: its events and what becomes of them.

    Rows are told apart by a number from 1 on. Two rows share a parent (``parent_number``).
    """

    consumer: Consumer
    signal: OpenEdxPublicSignal
    factory: type[Factory]
    """Makes the data of the signal's only argument."""
    model: type[SyncedModel]
    """The table that the consumer's destination writes."""
    identify: Callable[[int], Mapping[str, Any]]
    """The factory's arguments for the row of this number, its parent's key included."""
    named: Callable[[int], Columns]
    """The columns that say which row it is."""
    says: Columns
    """Every other column, of an event whose data are the factory's own."""
    changes: tuple[State, ...] = ()
    """Other states of the same row; none for a route that only creates."""
    unknown: frozenset[str] = frozenset()
    """Columns in ``says`` that the event doesn't know: another one fills them."""
    seen: frozenset[str] = frozenset()
    """Columns that say what the table saw, and so depend on the order of arrival."""
    parent: Sample | None = None
    bad: Mapping[str, Bad]
    odd: Mapping[str, Odd]
    unwanted: Mapping[str, Edits] = field(default_factory=dict)
    """Values for which the consumer doesn't want the event, whatever else it holds."""
    unread: frozenset[str] = frozenset()
    """Paths of texts that no mapper reads: any value will do."""

    def __str__(self) -> str:
        name = self.signal.event_type.removeprefix("org.openedx.").removesuffix(".v1")
        return f"{self.consumer.name}:{name}"

    @property
    def room(self) -> Room:
        """The room that registered the consumer."""
        return next(room for room in registry.rooms() if self.consumer in room.consumers)

    @property
    def route(self) -> Route:
        """The route, as the consumer declares it."""
        return next(route for route in self.consumer.routes if route.signal is self.signal)

    @property
    def argument(self) -> str:
        """The name of the signal's only argument."""
        (name,) = self.signal.init_data
        return str(name)

    def data(self, number: int = 1, state: int = 0) -> dict[str, Any]:
        """Return the signal's arguments for an event of a row in one of its states."""
        fields = self.changes[state - 1].fields if state else {}
        return {self.argument: self.factory(**{**self.identify(number), **fields})}

    def row(self, number: int = 1, state: int = 0) -> dict[str, Any]:
        """Return the columns of the row that such an event alone ends in."""
        says = self.changes[state - 1].columns if state else {}
        return {**self.named(number), **self.says, **says}

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the table, every column."""
        manager: Any = self.model._default_manager
        return [dict(row) for row in manager.order_by("pk").values()]

    def is_row(self, number: int, row: Columns) -> bool:
        """Return whether a row is that of this number."""
        return self.named(number).items() <= row.items()

    def known(self, number: int = 1, state: int = 0) -> dict[str, Any]:
        """Return the columns that such an event knows."""
        row = self.row(number, state)
        return {name: value for name, value in row.items() if name not in self.unknown}


def parent_number(number: int) -> int:
    """Return the number of a row's parent: rows 1 and 2 are siblings, 3 and 4, and so on."""
    return (number + 1) // 2
