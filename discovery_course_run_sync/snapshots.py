"""From what the LMS holds to the room's events: rows of its courses API, by their own names.

Each means what Discovery's ``CoursesApiDataLoader`` takes it for.
"""

from collections.abc import Mapping
from typing import Any

from openedx_events.content_authoring.data import CourseCatalogData, CourseScheduleData
from openedx_events.content_authoring.signals import COURSE_CATALOG_INFO_CHANGED

from shared.snapshots import Row, Snapshot


def course_run(row: Row) -> Mapping[str, Any]:
    """Return the data of a course run, as Studio would publish it."""
    return {
        "catalog_info": CourseCatalogData(
            course_key=row.course_key("id"),
            name=row.text("name"),
            schedule_data=CourseScheduleData(
                start=row.moment("start"),
                pacing=row.text("pacing"),
                end=row.optional("end", row.moment),
                enrollment_start=row.optional("enrollment_start", row.moment),
                enrollment_end=row.optional("enrollment_end", row.moment),
            ),
            hidden=row.flag("hidden"),
            invitation_only=row.flag("invitation_only"),
        )
    }


COURSE_RUNS = Snapshot(signal=COURSE_CATALOG_INFO_CHANGED, to_data=course_run)
