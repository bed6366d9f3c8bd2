"""The fields of an event's Avro record, as dotted paths, and what a writer may have made of them.

Paths begin at the record that is given: a signal's whole record, or that of one argument.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, TypeAlias

import fastavro

Schema: TypeAlias = dict[str, Any]
"""An Avro schema of a record, as ``schema_from_signal`` makes it."""
AvroRecord: TypeAlias = dict[str, Any]
"""An event's data as Avro sees it."""
Fields: TypeAlias = list[dict[str, Any]]


@dataclass(frozen=True)
class Leaf:
    """A field that holds a value: its path, its Avro type, and whether it may be null."""

    path: str
    type: str
    optional: bool


def leaves(schema: Schema) -> list[Leaf]:
    """Return the fields of a record, those inside others included."""
    return list(_leaves(schema, "", _records(schema)))


def _leaves(record: Schema, prefix: str, records: dict[str, Schema]) -> Iterator[Leaf]:
    for field in record["fields"]:
        path, kind = f"{prefix}{field['name']}", _kind(field)
        if inner := records.get(_name(kind)):
            yield from _leaves(inner, f"{path}.", records)
        else:
            optional = isinstance(field["type"], list)
            yield Leaf(path, kind["type"] if isinstance(kind, dict) else kind, optional)


def _kind(field: dict[str, Any]) -> Any:
    """Return the type of a field, without the null that it may be instead."""
    types = field["type"] if isinstance(field["type"], list) else [field["type"]]
    (kind,) = (each for each in types if each != "null")
    return kind


def _name(kind: Any) -> str:
    """Return the name of a type; a record that comes a second time is there by its name alone."""
    return str(kind.get("name", "") if isinstance(kind, dict) else kind)


def _records(schema: Schema) -> dict[str, Schema]:
    """Return the records that a schema describes, itself and those inside others, by name."""
    found = {_name(schema): schema}
    for field in schema["fields"]:
        kind = _kind(field)
        if isinstance(kind, dict) and kind["type"] == "record":
            found |= _records(kind)
    return found


def put(record: AvroRecord, path: str, value: object) -> None:
    """Set the field of this path, whether or not it was there."""
    *parents, name = path.split(".")
    for parent in parents:
        record = record[parent]
    record[name] = value


def holds(record: AvroRecord, path: str) -> bool:
    """Return whether a record has the field of this path: it may be inside of what is null."""
    value: Any = record
    for name in path.split("."):
        if value is None:
            return False
        value = value[name]
    return True


def schema_field(schema: Schema, path: str) -> tuple[Fields, int]:
    """Return the list of a schema's fields that holds this path's, and its place there."""
    *parents, name = path.split(".")
    records, fields = _records(schema), schema["fields"]
    for parent in parents:
        kind = _kind(next(field for field in fields if field["name"] == parent))
        fields = records[_name(kind)]["fields"]
    return fields, [field["name"] for field in fields].index(name)


def written(schema: Any, record: Any) -> bytes:
    """Return the Avro data of a record, or of a single value."""
    buffer = BytesIO()
    fastavro.schemaless_writer(buffer, schema, record)
    return buffer.getvalue()
