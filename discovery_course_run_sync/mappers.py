"""From a course event to a record. Pure; a bad value raises ``UnmappableEvent`` with its field."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from opaque_keys.edx.keys import CourseKey
from openedx_events.data import EventsMetadata

from discovery_course_run_sync.records import CourseRunRecord, Pacing
from shared import values
from shared.consumer import EventData
from shared.exceptions import UnmappableEvent
from shared.logging import Action, Log

log = Log(__name__)

PACINGS: Mapping[str, Pacing] = {"instructor": Pacing.INSTRUCTOR, "self": Pacing.SELF}
"""Studio's words, as ``CourseScheduleData`` has them."""

# ``Instructor``, ``instructor,`` and ``Self-Paced`` are in ``mock_data.py`` and the tests of
# Discovery's data loaders; ``self_paced`` is how its own model has it.
_SPELLING = re.compile(r"(instructor|self)([-_]paced)?,?", re.ASCII | re.IGNORECASE)

_SCHEDULE = "catalog_info.schedule_data"


def from_catalog_info(data: EventData, metadata: EventsMetadata) -> CourseRunRecord:
    """Map the event that Studio sends when it has published a course."""
    info = data["catalog_info"]
    schedule = info.schedule_data
    start = values.moment(schedule.start, f"{_SCHEDULE}.start")
    enrollment_start = _time(schedule.enrollment_start, "enrollment_start")
    return CourseRunRecord(
        **_identity(info.course_key, "catalog_info.course_key"),
        title=values.text(info.name, "catalog_info.name", max_length=255, blank=True),
        start=start,
        end=_end(schedule.end, start, "end", "start"),
        enrollment_start=enrollment_start,
        enrollment_end=_end(
            schedule.enrollment_end, enrollment_start, "enrollment_end", "enrollment_start"
        ),
        pacing_type=_pacing(schedule.pacing, metadata),
        hidden=info.hidden,
        invitation_only=info.invitation_only,
    )


def from_course(data: EventData, metadata: EventsMetadata) -> CourseRunRecord:
    """Map an event that says that a course run is there, and nothing else."""
    return CourseRunRecord(**_identity(data["course"].course_key, "course.course_key"))


def _identity(course_key: CourseKey, field: str) -> dict[str, Any]:
    return {
        "course_key": values.course_run_key(course_key, field),
        "org": course_key.org,
        "number": course_key.course,
        "run": course_key.run,
    }


def _time(value: datetime | None, name: str) -> datetime | None:
    return value and values.moment(value, f"{_SCHEDULE}.{name}")


def _end(
    value: datetime | None, start: datetime | None, name: str, start_name: str
) -> datetime | None:
    return values.not_before(_time(value, name), start, f"{_SCHEDULE}.{name}", start_name)


def _pacing(value: str, metadata: EventsMetadata) -> Pacing:
    """Return the pacing; spellings that Discovery's own samples have are taken, and told."""
    found = _SPELLING.fullmatch(value)
    if not found:
        raise UnmappableEvent(f"{_SCHEDULE}.pacing", f"is none of {', '.join(PACINGS)}")
    pacing = PACINGS[found[1].lower()]
    if value not in PACINGS:
        log.warning(
            Action.VALUE_CORRECTED,
            event_id=metadata.id,
            field=f"{_SCHEDULE}.pacing",
            to=pacing.value,
        )
    return pacing
