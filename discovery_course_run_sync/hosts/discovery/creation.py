"""Makes a course run that Discovery doesn't have, and its course, as the loader does.

The run gets a row beside each row of its course: a draft, an official one, or both. The loader
would make a course official that is a draft, and publish what its team is still working at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from opaque_keys.edx.keys import CourseKey

from discovery_course_run_sync.hosts.discovery.host import (
    DISCOVERY,
    LOADER,
    course_runs,
    require_course_type,
    save_quietly,
    unknown_type,
)
from discovery_course_run_sync.hosts.discovery.values import status_for, title_of, values_of
from discovery_course_run_sync.records import CourseRunRecord


def create(record: CourseRunRecord, partner: Any, *, is_published: bool) -> None:
    """Make the run's rows; one that Studio hasn't published yet is published in no service."""
    courses, is_new = _courses(record, partner), False
    if not courses:
        course, is_new = _create_course(record, partner)
        courses = [course]
    values = values_of(record) | {"uuid": uuid4(), "type": _type_beside(courses[-1])}
    if is_published:
        values |= status_for(partner)
    rows: list[Any] = []
    for course in courses:
        rows.append(_create_row(course, values, beside=rows))
    if is_new:
        [course.canonical_course_run] = rows
        course.save(update_fields=["canonical_course_run"])


def _courses(record: CourseRunRecord, partner: Any) -> list[Any]:
    """Return the rows of the run's course, the draft first."""
    courses: Any = DISCOVERY.model("course_metadata.Course")
    loader: Any = DISCOVERY.function(LOADER)
    key = loader.get_course_key_from_course_run_key(CourseKey.from_string(record.course_key))
    found = courses.everything.filter(key__iexact=key, partner=partner)
    return list(found.order_by("-draft", "pk"))


def _create_course(record: CourseRunRecord, partner: Any) -> tuple[Any, bool]:
    """Make the course, with its organization, type and source, by the loader's own function.

    It may be there after all, if another worker has made it meanwhile; the second value says so.
    """
    require_course_type()
    loader = DISCOVERY.function(LOADER)(partner, enable_api=False)
    course, is_new = loader.get_or_create_course(
        {"id": record.course_key, "name": title_of(record), "media": {}}
    )
    return course, is_new


def _type_beside(course: Any) -> Any:
    """Return the type of the course's latest run: the best guess that there is."""
    latest = course.course_runs.order_by("-created").first()
    return (latest and latest.type) or unknown_type()


def _create_row(course: Any, values: Mapping[str, Any], *, beside: Sequence[Any]) -> Any:
    draft = beside[0] if beside else None
    row = course_runs()(**values, course=course, draft=course.draft, draft_version=draft)
    save_quietly(row)
    if draft:
        row.slug = draft.slug  # its own was made unlike the draft's
        save_quietly(row)
    return row
