"""What the room consumes and what it becomes: read this first."""

from openedx_events.content_authoring.signals import (
    COURSE_CATALOG_INFO_CHANGED,
    COURSE_CREATED,
    COURSE_RERUN_COMPLETED,
)

from discovery_course_run_sync import filters, mappers, snapshots
from shared.consumer import Consumer, Route

COURSE_RUNS = Consumer(
    name="course-runs",
    topic="course-catalog-info-changed",
    routes=(
        Route(
            signal=COURSE_CATALOG_INFO_CHANGED,
            key_field="catalog_info.course_key",
            accept=filters.is_course_run,
            to_record=mappers.from_catalog_info,
        ),
        # These two are stamped when they are sent, later than the edit that the first catalogue
        # event tells of: by their time they would outrank it.
        Route(
            signal=COURSE_CREATED,
            key_field="course.course_key",
            accept=filters.is_course_run,
            to_record=mappers.from_course,
            creates_only=True,
        ),
        Route(
            signal=COURSE_RERUN_COMPLETED,
            key_field="course.course_key",
            accept=filters.is_course_run,
            to_record=mappers.from_course,
            creates_only=True,
        ),
    ),
    snapshot=snapshots.COURSE_RUNS,
    supersedes=("course_discovery.apps.course_metadata.signals.update_course_data_from_event",),
)
