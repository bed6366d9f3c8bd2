"""What a record says in the columns of Course Discovery, and what a row says in the record's words.

The columns are those that ``refresh_course_metadata`` sets, as far as the events know them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from discovery_course_run_sync.records import CourseRunRecord, Pacing

_AS_THEY_ARE = {
    "course_key": "key",
    "start": "start",
    "end": "end",
    "enrollment_start": "enrollment_start",
    "enrollment_end": "enrollment_end",
    "hidden": "hidden",
}
"""The columns that have a field's value as it is, by field."""


def title_of(record: CourseRunRecord) -> str | None:
    """Return a title as the loader has it: else the two would write their own in turn."""
    return record.title.strip() or None


def values_of(record: CourseRunRecord) -> dict[str, Any]:
    """Return what a record says, by column; the status isn't among it."""
    values = {column: getattr(record, field) for field, column in _AS_THEY_ARE.items()}
    pacing = record.pacing_type.value or None
    return values | {"title_override": title_of(record), "pacing_type": pacing}


def status_for(partner: Any) -> dict[str, str]:
    """Return the status of a run that Studio has published: Publisher's matter, where there is one.

    ``uses_publisher`` is Discovery's own answer, from its settings and the partner.
    """
    return {} if partner.uses_publisher else {"status": "published"}


def held_by(row: Any, record: CourseRunRecord) -> Mapping[str, Any]:
    """Return what a row says, by the record's fields, as far as an event of this kind knows them.

    A title that differs in outer spaces only is the record's own.
    """
    if record.pacing_type is Pacing.UNKNOWN:  # the event says that there is a run, and no more
        return {"course_key": record.course_key}
    held = {field: getattr(row, column) for field, column in _AS_THEY_ARE.items()}
    is_same = row.title_override == title_of(record)
    return held | {
        "title": record.title if is_same else row.title_override or "",
        "pacing_type": row.pacing_type or "",
    }
