"""Checked ways from an event's values to a row's: what mappers are made of.

Each raises ``UnmappableEvent`` naming the field. They are stricter than some databases: SQLite
takes any length, and PostgreSQL takes no NUL.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import BigIntegerField
from opaque_keys.edx.keys import CourseKey
from opaque_keys.edx.locator import CourseLocator

from shared.exceptions import UnmappableEvent

_MAX_COUNT = 2**31 - 1
_MAX_EMAIL_LENGTH = 254


def text(value: str, field: str, *, max_length: int, blank: bool = False) -> str:
    """Return a text that fits its column of ``max_length`` characters."""
    if not value and not blank:
        raise UnmappableEvent(field, "is empty")
    if len(value) > max_length:
        raise UnmappableEvent(field, f"is longer than {max_length} characters")
    if "\x00" in value:
        raise UnmappableEvent(field, "contains a NUL character")
    return value


def positive_id(value: int, field: str) -> int:
    """Return an id that is above 0 and fits a BIGINT."""
    if not 0 < value <= BigIntegerField.MAX_BIGINT:
        raise UnmappableEvent(field, "is not a positive 64-bit number")
    return value


def count(value: int, field: str) -> int:
    """Return a number of things: not below 0, and fitting a PositiveIntegerField."""
    if value < 0:
        raise UnmappableEvent(field, "is below 0")
    if value > _MAX_COUNT:
        raise UnmappableEvent(field, f"is above {_MAX_COUNT}")
    return value


def one_of(value: str, field: str, known: Iterable[str]) -> str:
    """Return a value that is one of those known."""
    known = tuple(known)
    if value not in known:
        raise UnmappableEvent(field, f"is none of {', '.join(known)}")
    return value


def email(value: str, field: str) -> str:
    """Return an email address in lower case: two that differ in case only are the same."""
    try:
        validate_email(text(value, field, max_length=_MAX_EMAIL_LENGTH))
    except ValidationError as error:
        raise UnmappableEvent(field, "is not an email address") from error
    # Lower case may be longer: that of a Turkish dotted capital I has two characters.
    return text(value.lower(), field, max_length=_MAX_EMAIL_LENGTH)


def moment(value: datetime, field: str) -> datetime:
    """Return a time in UTC. One without a time zone could be any of 27."""
    if value.tzinfo is None:
        raise UnmappableEvent(field, "has no time zone")
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise UnmappableEvent(field, "is out of range in UTC") from error


def not_before(
    end: datetime | None, start: datetime | None, field: str, start_field: str
) -> datetime | None:
    """Return an end that doesn't come before its start, where both are known."""
    if end and start and end < start:
        raise UnmappableEvent(field, f"is before {start_field}")
    return end


def fraction(value: float, field: str, *, places: int) -> Decimal:
    """Return a number from 0 to 1 as a decimal with so many places, rounded half to even.

    Through the number's shortest text, so that 0.7 is 0.7 and not the float's binary neighbour;
    minus zero is zero.
    """
    if not math.isfinite(value):
        raise UnmappableEvent(field, "is not a finite number")
    if not 0 <= value <= 1:
        raise UnmappableEvent(field, "is not between 0 and 1")
    return _rounded(value, places)


# Rounded once: most of a platform's fractions are whole percents.
@lru_cache(maxsize=1_000)
def _rounded(value: float, places: int) -> Decimal:
    return abs(Decimal(str(value))).quantize(Decimal(1).scaleb(-places))


def course_run_key(value: CourseKey, field: str, *, max_length: int = 255) -> str:
    """Return the text of a course run's key; old-style and CCX keys are such keys, too.

    A key of one of its branches or versions isn't: it would make a row beside the run's.
    """
    if not (
        isinstance(value, CourseLocator)
        and value.run
        and value.branch is None
        and value.version_guid is None
    ):
        raise UnmappableEvent(field, "is not the key of a course run")
    return text(str(value), field, max_length=max_length)
