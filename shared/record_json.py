"""Records as JSON, and back with the types that their values had.

The text is plain ASCII, so that every database takes it: PostgreSQL's JSON has no NUL and no NaN.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from importlib import import_module
from operator import attrgetter
from typing import Any
from uuid import UUID

_PLAIN = (str, int, float, bool, type(None))
_READ: Mapping[str, Callable[[str], Any]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "Decimal": Decimal,
    "UUID": UUID,
    "dict": json.loads,
    "list": json.loads,
}


def values_of(record: Any) -> dict[str, Any]:
    """Return a record's values by field."""
    return {field.name: getattr(record, field.name) for field in fields(record)}


def encode(record_type: type[Any], values: Mapping[str, Any]) -> str:
    """Return a record as JSON. Raises ``TypeError`` for a value of another type than these."""
    encoded = {name: _encoded(value) for name, value in values.items()}
    return json.dumps({"record": _path(record_type), "values": encoded})


def decode(text: str) -> tuple[type[Any], dict[str, Any]]:
    """Return the class and the values of an encoded record.

    Raises ``LookupError`` if the class, or an enum's value, isn't there any more.
    """
    found = json.loads(text)
    values = {name: _decoded(value) for name, value in found["values"].items()}
    return _class(found["record"]), values


def plain_values(text: str) -> dict[str, Any]:
    """Return an encoded record's values as JSON has them, whether its class is there or not."""
    values: dict[str, Any] = json.loads(text)["values"]
    return values


def _encoded(value: Any) -> Any:
    if isinstance(value, Enum):
        return {"enum": _path(type(value)), "value": value.value}
    if type(value) in _PLAIN:
        return value
    name = type(value).__name__
    if name not in _READ:
        raise TypeError(f"A record's values are no {name}.")
    return {"type": name, "value": _text(value)}


def _text(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    # Of JSON columns: a text inside, for no key of theirs may be taken for one of ours.
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def _decoded(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "enum" in value:
        return _member(value["enum"], value["value"])
    return _READ[value["type"]](value["value"])


def _member(path: str, value: object) -> Any:
    enum = _class(path)
    try:
        return enum(value)
    except ValueError as error:
        raise LookupError(f"{path} doesn't know a kept value any more.") from error


def _path(named: type[Any]) -> str:
    return f"{named.__module__}:{named.__qualname__}"


def _class(path: str) -> type[Any]:
    module, _, name = path.partition(":")
    try:
        found: type[Any] = attrgetter(name)(import_module(module))
    except (ImportError, AttributeError) as error:
        raise LookupError(f"There is no {path} any more.") from error
    return found
