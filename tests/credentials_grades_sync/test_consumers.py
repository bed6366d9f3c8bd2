"""The declaration agrees with the events, with the producers and with the registry of rooms."""

from __future__ import annotations

import pytest

from credentials_grades_sync.consumers import USER_GRADES
from credentials_grades_sync.producers.settings import PRODUCER_CONFIG
from shared.conf import get_settings

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
