"""Values that no careful service sends, and that Avro can hold all the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from openedx_events.event_bus.avro.schema import schema_from_signal
from openedx_events.tooling import OpenEdxPublicSignal

from shared.event_schemas import fields_of

_TOO_LONG = 100_000

_VALUES: Mapping[str, Mapping[str, object]] = {
    "string": {
        "empty": "",
        "no word": "garbage",
        "NUL": "garbage\0",
        "too long": "x" * _TOO_LONG,
    },
    "long": {"below 0": -1, "lowest": -(2**63), "highest": 2**63 - 1},
    "double": {"not a number": float("nan"), "infinite": float("inf"), "below 0": -1.0},
    "bytes": {"empty": b"", "any": b"\xff\x00"},
    "array": {"empty": []},
    "map": {"empty": {}},
}


@dataclass(frozen=True)
class Garbage:
    """A value for the field of an event's record that has this path."""

    path: str
    name: str
    value: object
    breaks_schema: bool = False
    """Whether our schema doesn't allow it, though that of a writer might."""

    def __str__(self) -> str:
        return f"{self.path}: {self.name}"

    def is_named(self, error: str) -> bool:
        """Return whether a dead letter's error begins with the field."""
        return error.startswith(f"{self.path}: ")


def garbage_of(signal: OpenEdxPublicSignal) -> list[Garbage]:
    """Return garbage for each field of a signal's events, null included."""
    found = []
    for field in fields_of(schema_from_signal(signal)):
        found.append(Garbage(field.path, "null", None, breaks_schema=not field.nullable))
        # "array of string" is an array
        values = _VALUES.get(field.type.partition(" ")[0], {})
        found += [Garbage(field.path, name, value) for name, value in values.items()]
    return found
