"""What a writer may have made of the fields of an event's Avro record, by their dotted paths.

Paths begin at the record that is given: a signal's whole record, or that of one argument.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, TypeAlias

import fastavro

from shared.event_schemas import fields_in

Schema: TypeAlias = dict[str, Any]
"""An Avro schema of a record, as ``schema_from_signal`` makes it."""
AvroRecord: TypeAlias = dict[str, Any]
"""An event's data as Avro sees it."""
Fields: TypeAlias = list[dict[str, Any]]


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
    fields = fields_in(schema, parents)
    return fields, [field["name"] for field in fields].index(name)


def written(schema: Any, record: Any) -> bytes:
    """Return the Avro data of a record, or of a single value."""
    buffer = BytesIO()
    fastavro.schemaless_writer(buffer, schema, record)
    return buffer.getvalue()
