"""Which course events are wanted. Pure: they touch neither the database nor the clock.

``is_course_run`` always applies; the others are there to be named in ``EVENT_SYNC["FILTERS"]``.
"""

from ccx_keys.locator import CCXLocator
from opaque_keys.edx.keys import CourseKey
from opaque_keys.edx.locator import LibraryLocator
from openedx_events.data import EventsMetadata

from shared.consumer import EventData


def is_course_run(data: EventData, metadata: EventsMetadata) -> bool:
    """Want course runs: no libraries, and no custom courses, which share their run's catalogue."""
    return not isinstance(_course_key(data), LibraryLocator | CCXLocator)


def has_current_key(data: EventData, metadata: EventsMetadata) -> bool:
    """Want no run whose key is of the deprecated form ``org/course/run``."""
    return not getattr(_course_key(data), "deprecated", False)


def is_not_hidden(data: EventData, metadata: EventsMetadata) -> bool:
    """Want no run that Studio hides; one that is hidden later keeps what it said before."""
    return "catalog_info" not in data or not data["catalog_info"].hidden


def _course_key(data: EventData) -> CourseKey:
    course_key: CourseKey = data.get("catalog_info", data.get("course")).course_key
    return course_key
