"""Which grade events are wanted. Pure: they touch neither the database nor the clock."""

from opaque_keys.edx.locator import LibraryLocator
from openedx_events.data import EventsMetadata

from shared.consumer import EventData


def is_recordable(data: EventData, metadata: EventsMetadata) -> bool:
    """Want a course's grade once something was attempted; before, it is a computed zero."""
    grade = data["grade"]
    return grade.attempted and not isinstance(grade.course_key, LibraryLocator)


def is_recordable_summary(data: EventData, metadata: EventsMetadata) -> bool:
    """Want every summary of a course: the LMS saves, and so sums up, attempted grades only."""
    return not isinstance(data["grade"].course.course_key, LibraryLocator)
