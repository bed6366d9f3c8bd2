"""The declaration agrees with the events, with the producers and with the registry of rooms."""

from __future__ import annotations

import pytest
from edx_event_bus_kafka.internal.producer import extract_key_schema
from openedx_events.event_bus.avro.serializer import AvroSignalSerializer
from openedx_events.learning.signals import PERSISTENT_GRADE_SUMMARY_CHANGED

from credentials_grades_sync.consumers import USER_GRADES
from credentials_grades_sync.producers.settings import PRODUCER_CONFIG
from shared.conf import get_settings
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from tests.credentials_grades_sync.samples import CourseGradeFactory, PersistentCourseGradeFactory

TYPES = {
    "org.openedx.learning.course.grade.changed.v1",
    "org.openedx.learning.course.persistent_grade_summary.changed.v1",
}


def test_event_types():
    """Both ways in which the LMS tells a grade."""
    assert {route.signal.event_type for route in USER_GRADES.routes} == TYPES


def test_room_is_registered(room):
    """Installing the application is all it takes."""
    assert room.consumers == (USER_GRADES,)
    assert room.topics == ("learning-course-grade-lifecycle",)


def test_destination_is_configured():
    """The reference project writes to the room's own table."""
    destination = get_settings().destination_of("user-grades")
    assert destination.__name__ == "write_user_grades"


@pytest.mark.parametrize("route", USER_GRADES.routes, ids=lambda route: route.signal.event_type)
def test_producers_use_the_declared_topic_and_key(route):
    """What the LMS's plugin configures is what the room reads."""
    assert PRODUCER_CONFIG[route.signal.event_type][USER_GRADES.topic]["event_key_field"] == (
        route.key_field
    )


def test_keys_have_one_schema():
    """The key's bytes hold its schema's id: one schema, one partition for a learner's events."""
    schemas = {
        extract_key_schema(AvroSignalSerializer(route.signal), route.key_field)
        for route in USER_GRADES.routes
    }
    assert len(schemas) == 1


def test_one_learner_has_one_key_on_the_wire(wire):
    """The stock producer's key bytes are equal for both events."""
    changed = wire.message(COURSE_GRADE_CHANGED, grade=CourseGradeFactory(user_id=7))
    summary = wire.message(
        PERSISTENT_GRADE_SUMMARY_CHANGED, grade=PersistentCourseGradeFactory(user_id=7)
    )
    assert changed.key == summary.key
