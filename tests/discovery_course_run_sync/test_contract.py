"""The course runs keep the contract of every consumer."""

from __future__ import annotations

from opaque_keys.edx.keys import CourseKey
from openedx_events.content_authoring.signals import COURSE_CATALOG_INFO_CHANGED, COURSE_CREATED

from discovery_course_run_sync.standalone.models import CourseRun
from shared.testing import ConsumerContract, Sample
from shared.testing.factories import data_of

LIBRARY = CourseKey.from_string("library-v1:edX+Tests")

CATALOG_INFO = Sample(
    signal=COURSE_CATALOG_INFO_CHANGED,
    data=lambda number, state: data_of(
        COURSE_CATALOG_INFO_CHANGED, course_key=course_key(number), name=f"Title {state}"
    ),
    model=CourseRun,
    unwanted=[data_of(COURSE_CATALOG_INFO_CHANGED, course_key=LIBRARY)],
)
CREATED = Sample(
    signal=COURSE_CREATED,
    data=lambda number, state: data_of(COURSE_CREATED, course_key=course_key(number)),
    model=CourseRun,
    unwanted=[data_of(COURSE_CREATED, course_key=LIBRARY)],
)


def course_key(number: int) -> CourseKey:
    """Return the key of a course run."""
    return CourseKey.from_string(f"course-v1:edX+Tests+{number}")


class TestCatalogInfo(ConsumerContract):
    """Of the event that knows the whole course run."""

    sample = CATALOG_INFO


class TestCreated(ConsumerContract):
    """Of an event that only creates."""

    sample = CREATED
