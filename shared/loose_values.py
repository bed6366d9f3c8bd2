"""Checked ways for values of which no more than the type is known: what ``startconsumer`` writes.

Each raises ``UnmappableEvent`` naming the field, as those of ``shared.values`` do; one of those
that says more of the value is better.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any
from uuid import UUID

import attr
from opaque_keys import OpaqueKey

from shared import values
from shared.exceptions import UnmappableEvent

LONG_TEXT = 65_535
"""So many characters a text may have that isn't a name, a title or a code."""


def number(value: float, field: str) -> float:
    """Return a number that every database takes and that equals itself."""
    if not math.isfinite(value):
        raise UnmappableEvent(field, "is not a finite number")
    return value


def key_text(value: OpaqueKey, field: str, *, max_length: int = 255) -> str:
    """Return the text of an opaque key of any kind."""
    return values.text(str(value), field, max_length=max_length)


def json_value(value: Any, field: str) -> Any:
    """Return a list or dictionary, whatever is inside, as PostgreSQL's JSON takes it.

    Keys and times become texts, objects dictionaries; it has no NUL and no NaN.
    """
    if isinstance(value, str) and "\0" in value:
        raise UnmappableEvent(field, "contains a NUL character")
    if isinstance(value, float) and not math.isfinite(value):
        raise UnmappableEvent(field, "contains what is not a finite number")
    if isinstance(value, list):
        return [json_value(each, field) for each in value]
    if attr.has(type(value)):
        value = attr.asdict(value, recurse=False)
    if isinstance(value, dict):
        return {json_value(k, field): json_value(v, field) for k, v in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, OpaqueKey | UUID):
        return str(value)
    if value is not None and not isinstance(value, bool | float | int | str):
        raise UnmappableEvent(field, f"contains a {type(value).__name__}, which JSON doesn't have")
    return value
