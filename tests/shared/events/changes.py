"""Changes of an event's schema: such as somebody can't read, and such as everybody can."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from shared.events.learning.signals import COURSE_GRADE_CHANGED
from tests.shared.events import golden

Schema = dict[str, Any]
Change = Callable[[Schema], object]


def grade_fields(schema: Schema) -> list[Schema]:
    """Return the fields of the record inside the event."""
    fields: list[Schema] = schema["fields"][0]["type"]["fields"]
    return fields


def field(schema: Schema, name: str) -> Schema:
    """Return one field of the record inside the event."""
    return next(f for f in grade_fields(schema) if f["name"] == name)


def mutated(change: Change) -> tuple[Schema, Schema]:
    """Return the present schema and a changed copy of it."""
    schema = golden.generated_schema(COURSE_GRADE_CHANGED)
    changed = deepcopy(schema)
    change(changed)
    return schema, changed


BREAKING: Mapping[str, Change] = {
    "required field removed": lambda s: grade_fields(s).remove(field(s, "username")),
    "required field added": lambda s: grade_fields(s).append({"name": "mode", "type": "string"}),
    "field renamed": lambda s: field(s, "passed").update(name="passing"),
    "type changed": lambda s: field(s, "percent_grade").update(type="string"),
    "type widened": lambda s: field(s, "user_id").update(type="double"),
    "required field made nullable": lambda s: field(s, "letter_grade").update(
        type=["null", "string"], default=None
    ),
    "nullable field made required": lambda s: field(s, "deadline").update(
        type="string", default=""
    ),
    "data key renamed": lambda s: s["fields"][0].update(name="course_grade"),
    "data key added": lambda s: s["fields"].append({"name": "reason", "type": "string"}),
}
"""What an old consumer, or a new one, can't read of the other's events."""

READABLE: Mapping[str, Change] = {
    "nullable field added": lambda s: grade_fields(s).append(
        {"name": "mode", "type": ["null", "string"], "default": None}
    ),
    "nullable field removed": lambda s: grade_fields(s).remove(field(s, "deadline")),
    "fields reordered": lambda s: grade_fields(s).reverse(),
    "nullable field renamed": lambda s: field(s, "deadline").update(name="ends_at"),
}
"""What both can read, be it with ``None`` in a field."""
