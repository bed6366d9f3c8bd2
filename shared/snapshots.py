"""A row of a snapshot: what a source holds now, as JSON, and how it is read strictly.

A field that isn't there is a mistake, never an empty value: an event tells the whole state, and
what a row leaves out would be wiped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from django.db.models import BigIntegerField
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey
from openedx_events.tooling import OpenEdxPublicSignal

from shared.exceptions import EventSyncError

T = TypeVar("T")


class UnreadableRow(EventSyncError):
    """A row isn't what its snapshot is to hold; the message names the field, never its value."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")


@dataclass(frozen=True, slots=True)
class Row:
    """The values of one row, read by field; each method raises ``UnreadableRow``."""

    values: Mapping[str, Any]

    def text(self, field: str) -> str:
        """Return a text, which may be empty."""
        value = self._value(field, str, "text")
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise UnreadableRow(field, "has half a character (a lone surrogate)")
        return value

    def number(self, field: str) -> int:
        """Return a whole number of 64 bits."""
        value = self._value(field, int, "whole number")
        if not -BigIntegerField.MAX_BIGINT - 1 <= value <= BigIntegerField.MAX_BIGINT:
            raise UnreadableRow(field, "doesn't fit into 64 bits")
        return value

    def fraction(self, field: str) -> float:
        """Return a number with or without a fraction."""
        value = self._there(field)
        if isinstance(value, int) and not isinstance(value, bool):
            return float(self.number(field))
        return self._value(field, float, "number")

    def flag(self, field: str) -> bool:
        """Return true or false."""
        return self._value(field, bool, "true or false")

    def moment(self, field: str) -> datetime:
        """Return a time, which has to have its zone, in UTC."""
        text = self.text(field)
        try:
            time = datetime.fromisoformat(text)
            if time.tzinfo is None:
                raise UnreadableRow(field, "has no time zone")
            return time.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise UnreadableRow(field, "is no time in ISO 8601") from error

    def uuid(self, field: str) -> UUID:
        """Return a UUID."""
        try:
            return UUID(self.text(field))
        except ValueError as error:
            raise UnreadableRow(field, "is no UUID") from error

    def course_key(self, field: str) -> CourseKey:
        """Return the key of a course."""
        try:
            return CourseKey.from_string(self.text(field))
        except InvalidKeyError as error:
            raise UnreadableRow(field, "is no course key") from error

    def optional(self, field: str, read: Callable[[str], T]) -> T | None:
        """Return what ``read``, a method of this row, says of a field that may be null."""
        return None if self._there(field) is None else read(field)

    def _there(self, field: str) -> Any:
        if field not in self.values:
            raise UnreadableRow(field, "is not there")
        return self.values[field]

    def _value(self, field: str, wanted: type[T], name: str) -> T:
        value = self._there(field)
        # True and False are numbers to Python.
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise UnreadableRow(field, "is null" if value is None else f"is no {name}")
        return value


ToData: TypeAlias = Callable[[Row], Mapping[str, Any]]
"""Makes the event's data of a row; pure, raises ``UnreadableRow``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """How the rows of a consumer's source become events of ``signal``, each with the whole state.

    ``modified`` is for a source that keeps, in this field of each row, the very time that its
    events have: then that is the row's position. Without it that is when the snapshot was taken.
    """

    signal: OpenEdxPublicSignal
    to_data: ToData
    modified: str = ""


def row_of(text: bytes) -> Row:
    """Return the row that a line of JSON is. Raises ``UnreadableRow``."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableRow("the line", "is no JSON") from error
    return as_row(values)


def as_row(values: object) -> Row:
    """Return parsed JSON as a row. Raises ``UnreadableRow``."""
    if not isinstance(values, dict):
        raise UnreadableRow("the row", "is no JSON object")
    return Row(values)
