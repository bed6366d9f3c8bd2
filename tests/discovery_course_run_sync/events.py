"""The events of one course run, in few words, and how they end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from opaque_keys.edx.keys import CourseKey
from openedx_events.content_authoring.signals import (
    COURSE_CATALOG_INFO_CHANGED,
    COURSE_CREATED,
    COURSE_RERUN_COMPLETED,
)

from shared.consumer import Room
from shared.messages import Event
from shared.outcomes import Outcome
from shared.testing import deliver, make_event
from shared.testing.factories.content_authoring import CourseCatalogFactory, CourseFactory

KEY = "course-v1:edX+Tests+2026"
OTHER_CASE = "course-v1:EDX+tests+2026"
START = datetime(2026, 1, 1, tzinfo=UTC)


def at(second: float) -> datetime:
    """Return a time."""
    return START + timedelta(seconds=second)


def published(second: int, key: str = KEY, *, offset: int | None = None, **fields: Any) -> Event:
    """Return the catalogue event of a course run."""
    info = CourseCatalogFactory(**{"course_key": CourseKey.from_string(key)} | fields)
    return make_event(
        COURSE_CATALOG_INFO_CHANGED,
        time=at(second),
        offset=second if offset is None else offset,
        catalog_info=info,
    )


def created(second: int, key: str = KEY) -> Event:
    """Return the event that Studio sends when it has created a course."""
    course = CourseFactory(course_key=CourseKey.from_string(key))
    return make_event(COURSE_CREATED, time=at(second), offset=second, course=course)


def rerun(second: int, key: str = KEY) -> Event:
    """Return the event that Studio sends when it has run a course again."""
    course = CourseFactory(course_key=CourseKey.from_string(key))
    return make_event(COURSE_RERUN_COMPLETED, time=at(second), offset=second, course=course)


def outcomes(room: Room, *events: Event) -> list[Outcome]:
    """Deliver events as one batch and return how they ended."""
    return [ending.outcome for ending in deliver(room, *events).endings]
