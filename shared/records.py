"""What a record is: the wanted state of one row, as a frozen dataclass with a natural key.

A record's fields bear the names of its row's columns. Three kinds of field, any of which may be
personal data:

* plain: part of the row's state; two events that agree on all of them say the same thing;
* ``observed()``: written together with a change, yet no change by itself (times);
* ``fill_only()``: only some events know it; ``None`` means "this one doesn't".
"""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any, Generic, Protocol, TypeAlias, TypeVar
from urllib.parse import quote

from shared.ordering import Position

Key: TypeAlias = tuple[object, ...]
"""A natural key: the values that identify a row, whatever their spelling in upper or lower case."""

_MAX_KEY_LENGTH = 255


class Record(Protocol):
    """The wanted state of one row."""

    @property
    def key(self) -> Key:
        """The values that identify the row."""


R = TypeVar("R", bound=Record, covariant=True)


@dataclass(frozen=True, slots=True)
class PositionedRecord(Generic[R]):
    """A record and the position of the event it came from."""

    record: R
    position: Position

    @property
    def creates_only(self) -> bool:
        """Whether it makes the row if there is none and never changes one."""
        return self.position == Position.lowest()


def observed() -> Any:
    """Declare a field that is written with a change and is no change by itself."""
    return field(compare=False)


def personal() -> Any:
    """Declare a plain field that holds personal data: no report shows its values."""
    return field(metadata={"personal": True})


def fill_only(*, personal: bool = False) -> Any:
    """Declare a field that only some events know; it follows the newest event that did.

    A record knows all of its fill-only fields or, as ``None``, none of them.
    """
    return field(default=None, metadata={"fill_only": True, "personal": personal})


@dataclass(frozen=True, slots=True)
class Layout:
    """The names of a record class's fields, by kind."""

    plain: tuple[str, ...]
    observed: tuple[str, ...]
    fill_only: tuple[str, ...]
    personal: frozenset[str]


def layout_of(record: Record) -> Layout:
    """Return the layout of a record's class."""
    record_type: Any = type(record)
    return layout_of_type(record_type)


@cache
def layout_of_type(record_type: type[Any]) -> Layout:
    """Return the layout of a class of records."""

    def is_fill_only(f: Field[Any]) -> bool:
        return bool(f.metadata.get("fill_only"))

    all_fields = fields(record_type)
    return Layout(
        plain=tuple(f.name for f in all_fields if f.compare and not is_fill_only(f)),
        observed=tuple(f.name for f in all_fields if not f.compare),
        fill_only=tuple(f.name for f in all_fields if is_fill_only(f)),
        personal=frozenset(f.name for f in all_fields if f.metadata.get("personal")),
    )


def fold_key(key: Key) -> str:
    """Return the one spelling of a natural key that rows are matched by.

    Case is folded and all but plain ASCII is quoted, so that Python and every database's
    collation agree on which keys are equal. A key too long for its column becomes its digest.
    """
    text = "|".join([str(part) if type(part) is int else _fold(str(part)) for part in key])
    if len(text) > _MAX_KEY_LENGTH:
        return f"sha256:{sha256(text.encode()).hexdigest()}"
    return text


# Once for each course: a service has thousands of them, and millions of events.
@lru_cache(maxsize=10_000)
def _fold(text: str) -> str:
    return quote(text.casefold(), safe=":+@/")
