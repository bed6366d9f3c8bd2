"""The events of one course run; they need no table of the room's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from opaque_keys.edx.keys import CourseKey
from openedx_events.content_authoring.data import CourseCatalogData, CourseData, CourseScheduleData
from openedx_events.content_authoring.signals import (
    COURSE_CATALOG_INFO_CHANGED,
    COURSE_CREATED,
    COURSE_RERUN_COMPLETED,
)

from shared.messages import Event
from shared.testing import make_event
from tests.hosts.discovery.rows import KEY

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SCHEDULE: dict[str, Any] = {
    "start": datetime(2026, 3, 1, tzinfo=UTC),
    "end": datetime(2026, 6, 1, tzinfo=UTC),
    "enrollment_start": datetime(2026, 1, 1, tzinfo=UTC),
    "enrollment_end": datetime(2026, 4, 1, tzinfo=UTC),
    "pacing": "instructor",
}
SAYS: dict[str, Any] = {
    "key": KEY,
    "title_override": "Tests",
    "start": SCHEDULE["start"],
    "end": SCHEDULE["end"],
    "enrollment_start": SCHEDULE["enrollment_start"],
    "enrollment_end": SCHEDULE["enrollment_end"],
    "pacing_type": "instructor_paced",
    "hidden": False,
}
"""What a row says that has followed ``published`` as it is."""


def published(
    second: int,
    key: str = KEY,
    *,
    name: str = "Tests",
    hidden: bool = False,
    offset: int | None = None,
    **schedule: Any,
) -> Event:
    """Return the catalogue event of a course run, of so many seconds after noon."""
    info = CourseCatalogData(
        course_key=CourseKey.from_string(key),
        name=name,
        schedule_data=CourseScheduleData(**SCHEDULE | schedule),
        hidden=hidden,
        invitation_only=False,
    )
    return make_event(
        COURSE_CATALOG_INFO_CHANGED,
        time=NOON + timedelta(seconds=second),
        offset=second if offset is None else offset,
        catalog_info=info,
    )


def created(second: int, key: str = KEY) -> Event:
    """Return the event that Studio sends when it has created a course."""
    course = CourseData(course_key=CourseKey.from_string(key))
    time = NOON + timedelta(seconds=second)
    return make_event(COURSE_CREATED, time=time, offset=second, course=course)


def rerun(second: int, key: str = KEY) -> Event:
    """Return the event that Studio sends when it has run a course again."""
    course = CourseData(course_key=CourseKey.from_string(key))
    time = NOON + timedelta(seconds=second)
    return make_event(COURSE_RERUN_COMPLETED, time=time, offset=second, course=course)
