"""What the table must be after a stream of course events.

Written without the room's mappers and ``shared.upsert``, for it is there to contradict them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from openedx_events.content_authoring.signals import COURSE_CATALOG_INFO_CHANGED

from discovery_course_run_sync.standalone.models import CourseRun
from shared.demo.history import RowKey, histories
from shared.demo.part import Table
from shared.demo.stream import Landed, Run, StockEvent

_PACINGS = {
    "instructor": "instructor_paced",
    "instructor,": "instructor_paced",
    "self": "self_paced",
    "Self-Paced": "self_paced",
}


def expected_rows(landed: Iterable[Landed]) -> Table:
    """Say what the rows must be: the newest publication wins its row, if there is one."""
    return {key: _row(events) for key, events in histories(landed, _key).items()}


def stored_rows(run: Run) -> Table:
    """Read the rows of the run's courses."""
    rows = CourseRun.objects.filter(run=run.name)
    return {
        (row.course_key.lower(),): {**vars(row), "published_at": row.published_at} for row in rows
    }


def _key(event: StockEvent) -> RowKey:
    (data,) = event.data.values()
    return (str(data.course_key).lower(),)


def _row(events: Sequence[StockEvent]) -> dict[str, object]:
    published = [event for event in events if event.signal is COURSE_CATALOG_INFO_CHANGED]
    if published:
        return _published(published[-1])
    key = events[-1].data["course"].course_key
    unknown = dict.fromkeys(["start", "end", "enrollment_start", "enrollment_end", "published_at"])
    flags = {"hidden": False, "invitation_only": False}
    return {**_names(key), "title": "", "pacing_type": "", **unknown, **flags}


def _published(event: StockEvent) -> dict[str, object]:
    course: Any = event.data["catalog_info"]
    schedule = course.schedule_data
    return {
        **_names(course.course_key),
        "title": course.name,
        "start": schedule.start,
        "end": schedule.end,
        "enrollment_start": schedule.enrollment_start,
        "enrollment_end": schedule.enrollment_end,
        "pacing_type": _PACINGS[schedule.pacing],
        "hidden": course.hidden,
        "invitation_only": course.invitation_only,
        "published_at": event.metadata.time,
    }


def _names(key: Any) -> dict[str, object]:
    return {"course_key": str(key), "org": key.org, "number": key.course, "run": key.run}
