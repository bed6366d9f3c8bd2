"""Which course events are wanted."""

from __future__ import annotations

import pytest
from opaque_keys.edx.keys import CourseKey
from openedx_events.content_authoring.signals import COURSE_CATALOG_INFO_CHANGED, COURSE_CREATED
from openedx_events.data import EventsMetadata

from discovery_course_run_sync import filters
from shared.testing.factories.content_authoring import CourseCatalogFactory, CourseFactory

CHANGED = EventsMetadata(event_type=COURSE_CATALOG_INFO_CHANGED.event_type)
CREATED = EventsMetadata(event_type=COURSE_CREATED.event_type)


def catalogue(key="course-v1:edX+Tests+2026", **fields):
    """Return the data of a catalogue event."""
    course_key = CourseKey.from_string(key)
    return {"catalog_info": CourseCatalogFactory(course_key=course_key, **fields)}


def course(key):
    """Return the data of an event that says that a course run is there."""
    return {"course": CourseFactory(course_key=CourseKey.from_string(key))}


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        ("course-v1:edX+Tests+2026", True),
        ("edX/Tests/2026", True),
        ("ccx-v1:edX+Tests+2026+ccx@1", False),
        ("library-v1:edX+Tests", False),
    ],
)
def test_course_run_is_wanted(key, wanted):
    """Whichever event tells of it; libraries and custom courses are no course runs."""
    assert filters.is_course_run(catalogue(key), CHANGED) is wanted
    assert filters.is_course_run(course(key), CREATED) is wanted


@pytest.mark.parametrize(
    ("key", "wanted"), [("course-v1:edX+Tests+2026", True), ("edX/Tests/2026", False)]
)
def test_deprecated_key_is_not_wanted_by_choice(key, wanted):
    """The old form is found in either event."""
    assert filters.has_current_key(catalogue(key), CHANGED) is wanted
    assert filters.has_current_key(course(key), CREATED) is wanted


@pytest.mark.parametrize("hidden", [True, False])
def test_hidden_run_is_not_wanted_by_choice(hidden):
    """As Studio says it."""
    assert filters.is_not_hidden(catalogue(hidden=hidden), CHANGED) is not hidden


def test_run_that_was_only_created_is_not_hidden():
    """Its event doesn't know; the catalogue event will say."""
    assert filters.is_not_hidden(course("course-v1:edX+Tests+2026"), CREATED) is True


def test_hidden_runs_and_deprecated_keys_are_wanted_otherwise():
    """Only the setting makes a difference."""
    assert filters.is_course_run(catalogue("edX/Tests/2026", hidden=True), CHANGED) is True
