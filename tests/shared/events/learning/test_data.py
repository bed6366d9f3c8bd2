"""A grade arrives as it was sent, values that are falsy included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest
from opaque_keys.edx.keys import CourseKey
from openedx_events.event_bus.avro.deserializer import deserialize_bytes_to_event_data
from openedx_events.event_bus.avro.serializer import serialize_event_data_to_bytes

from shared.events.learning.data import CourseGradeData
from shared.events.learning.signals import COURSE_GRADE_CHANGED

FAILING = CourseGradeData(
    user_id=7,
    username="learner",
    course_key=CourseKey.from_string("course-v1:Org+Course+Run"),
    percent_grade=0.0,
    letter_grade="",
    passed=False,
    attempted=False,
    verified=False,
    deadline=None,
)
PASSING = attrs.evolve(
    FAILING,
    percent_grade=0.87,
    letter_grade="B",
    passed=True,
    attempted=True,
    verified=True,
    deadline=datetime(2030, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
)


@pytest.mark.parametrize(
    "grade",
    [
        pytest.param(FAILING, id="every value falsy"),
        pytest.param(PASSING, id="every value truthy"),
        pytest.param(
            attrs.evolve(
                PASSING, deadline=datetime(2030, 1, 2, tzinfo=timezone(timedelta(hours=-5)))
            ),
            id="deadline elsewhere",
        ),
        pytest.param(
            attrs.evolve(FAILING, course_key=CourseKey.from_string("ccx-v1:Org+Course+Run+ccx@1")),
            id="CCX course",
        ),
        pytest.param(
            attrs.evolve(FAILING, course_key=CourseKey.from_string("Org/Course/Run")),
            id="old-style course key",
        ),
    ],
)
def test_grade_survives_the_wire(grade):
    """Encoded and decoded, the data is the same."""
    encoded = serialize_event_data_to_bytes({"grade": grade}, COURSE_GRADE_CHANGED)
    assert deserialize_bytes_to_event_data(encoded, COURSE_GRADE_CHANGED) == {"grade": grade}


def test_values_with_a_falsy_meaning_have_no_default():
    """Only the deadline may be left out: openedx-events decodes a falsy value as the default."""
    optional = {field.name for field in attrs.fields(CourseGradeData) if field.default is None}
    required = {
        field.name for field in attrs.fields(CourseGradeData) if field.default is attrs.NOTHING
    }
    assert optional == {"deadline"}
    assert optional | required == set(attrs.fields_dict(CourseGradeData))
