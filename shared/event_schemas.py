"""What events look like on the wire: their Avro schemas, and the fields inside."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, TypeAlias

from openedx_events.event_bus.avro.schema import schema_from_signal
from openedx_events.tooling import OpenEdxPublicSignal

from shared.exceptions import ConfigurationError

Schema: TypeAlias = Mapping[str, Any]
"""An Avro schema, or one field of it."""

_GOLDEN = files("shared.events") / "schemas"


@dataclass(frozen=True, kw_only=True, slots=True)
class EventField:
    """A value in an event's data, by its dotted path; ``record`` is the Avro record that has it."""

    path: str
    type: str
    nullable: bool
    record: str


def schema_of(signal: OpenEdxPublicSignal) -> Schema:
    """Return the schema of an event: the golden one, if the event is defined here.

    Raises ``ConfigurationError`` if it has none.
    """
    golden = _GOLDEN / f"{signal.event_type}.avsc"
    schema: Schema = json.loads(golden.read_text()) if golden.is_file() else generated_from(signal)
    return schema


def generated_from(signal: OpenEdxPublicSignal) -> Schema:
    """Return the schema that openedx-events makes of a signal. Raises ``ConfigurationError``."""
    try:
        schema: Schema = schema_from_signal(signal)
    except Exception as error:
        # openedx-events raises Exception itself for some types, and TypeError for others.
        raise ConfigurationError(
            f"{signal.event_type} has no schema, so it can't be on the bus: {error}",
            hint="Take another event, or declare one whose data openedx-events can serialize.",
        ) from error
    return schema


def golden_schema_of(signal: OpenEdxPublicSignal) -> str | None:
    """Return the path in the repository of an event's golden schema, if it is defined here."""
    name = f"{signal.event_type}.avsc"
    return f"shared/events/schemas/{name}" if (_GOLDEN / name).is_file() else None


def field_at(schema: Schema, path: str) -> Schema | None:
    """Return the field at a dotted path, name included, if there is one."""
    *parents, name = path.split(".")
    return next((field for field in fields_in(schema, parents) if field["name"] == name), None)


def fields_in(schema: Schema, path: Sequence[str]) -> list[dict[str, Any]]:
    """Return the list of fields, the schema's own, of the record that is there; else none.

    A record may be null, or be there by its name alone.
    """
    records = _records(schema)
    fields: list[dict[str, Any]] = schema["fields"]
    for name in path:
        types = {field["name"]: field["type"] for field in fields}
        record = _record(types.get(name), records)
        fields = record["fields"] if record else []
    return fields


def fields_of(schema: Schema) -> tuple[EventField, ...]:
    """Return all values that an event holds, those of nested records included."""
    return tuple(_fields(schema, "", _records(schema)))


def _fields(record: Schema, prefix: str, records: Mapping[str, Schema]) -> Iterator[EventField]:
    for field in record["fields"]:
        path = f"{prefix}{field['name']}"
        if inner := _record(field["type"], records):
            yield from _fields(inner, f"{path}.", records)
        else:
            type_, nullable = _without_null(field["type"])
            yield EventField(
                path=path, type=_in_words(type_), nullable=nullable, record=record["name"]
            )


def _records(type_: Any) -> dict[str, Schema]:
    """Return the records inside a type by name; Avro spells each out once and then names it."""
    found: dict[str, Schema] = {}
    parts = type_ if isinstance(type_, list) else []
    if isinstance(type_, dict):
        parts = [type_.get("items"), type_.get("values")]
        if type_["type"] == "record":
            found[type_["name"]] = type_
            parts = [field["type"] for field in type_["fields"]]
    for part in parts:
        found |= _records(part)
    return found


def _record(type_: Any, records: Mapping[str, Schema]) -> Schema | None:
    """Return the record that a field of this type holds, if it holds one."""
    type_, _ = _without_null(type_)
    return records.get(str(type_.get("name") if isinstance(type_, dict) else type_))


def _without_null(type_: Any) -> tuple[Any, bool]:
    """Return a type, and whether it may be null; openedx-events makes no other unions."""
    if not isinstance(type_, list):
        return type_, False
    (only,) = [each for each in type_ if each != "null"]
    return only, True


def _in_words(type_: Any) -> str:
    if not isinstance(type_, dict):
        return str(type_)
    inner = type_.get("items", type_.get("values"))
    return f"{type_['type']} of {_in_words(inner)}" if inner else str(type_["name"])
