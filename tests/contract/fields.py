"""The fields of an event's Avro record, as dotted paths inside its signal's only argument."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from openedx_events.event_bus.avro.schema import schema_from_signal
from openedx_events.tooling import OpenEdxPublicSignal

from tests.wire import Record


@dataclass(frozen=True)
class Leaf:
    """A field that holds a value: its path, its Avro type, and whether it may be null."""

    path: str
    type: str
    optional: bool


def leaves(signal: OpenEdxPublicSignal) -> list[Leaf]:
    """Return the fields of a signal's record, those inside others included."""
    return list(_leaves(argument_of(schema_from_signal(signal)), ""))


def argument_of(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a signal's schema that describes its only argument."""
    (argument,) = schema["fields"]
    described: dict[str, Any] = argument["type"]
    return described


def _leaves(record: dict[str, Any], prefix: str) -> Iterator[Leaf]:
    for field in record["fields"]:
        path = f"{prefix}{field['name']}"
        types = field["type"] if isinstance(field["type"], list) else [field["type"]]
        (kind,) = (each for each in types if each != "null")
        if isinstance(kind, dict):
            yield from _leaves(kind, f"{path}.")
        else:
            yield Leaf(path, kind, optional="null" in types)


def put(record: Record, path: str, value: object) -> None:
    """Set the field of this path, whether or not it was there."""
    *parents, name = path.split(".")
    for parent in parents:
        record = record[parent]
    record[name] = value


def schema_field(schema: dict[str, Any], path: str) -> tuple[list[dict[str, Any]], int]:
    """Return the list of a schema's fields that holds this path's, and its place there."""
    *parents, name = path.split(".")
    fields: list[dict[str, Any]] = argument_of(schema)["fields"]
    for parent in parents:
        fields = next(field for field in fields if field["name"] == parent)["type"]["fields"]
    return fields, [field["name"] for field in fields].index(name)
