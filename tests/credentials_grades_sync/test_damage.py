"""Valid messages, damaged at random: nothing escapes, and each has one ending."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.messages import Message
from shared.outcomes import Outcome
from tests.credentials_grades_sync.damage import (
    Make,
    grade,
    summary,
)
from tests.wire import Wire, with_header

pytestmark = pytest.mark.django_db

EDITABLE = {
    "user_id": st.integers(-(2**63), 2**63 - 1),
    "username": st.text(max_size=200),
    "course_key": st.text(max_size=40) | st.sampled_from(["edX/Other/1", "library-v1:edX+Other"]),
    "percent_grade": st.floats(),
    "letter_grade": st.text(max_size=300),
    "passed": st.booleans(),
    "attempted": st.booleans(),
    "verified": st.booleans(),
    "deadline": st.none() | st.text(max_size=30) | st.datetimes().map(datetime.isoformat),
}
RECORDS = st.fixed_dictionaries({}, optional=EDITABLE)


def flip(data: bytes, place: int, new: bytes) -> bytes:
    """Change one byte."""
    return data[:place] + new[:1] + data[place + 1 :]


def cut(data: bytes, place: int, new: bytes) -> bytes:
    """Take the end off."""
    return data[:place]


def extend(data: bytes, place: int, new: bytes) -> bytes:
    """Put bytes in between or after."""
    return data[:place] + new + data[place:]


CHANGES = st.tuples(
    st.sampled_from([flip, cut, extend]), st.integers(0, 150), st.binary(min_size=1, max_size=20)
)
TIMES = [
    b"2026-03-04T05:06:07",
    b"2025-03-04T05:06:07-11:30",
    b"2027-03-04T05:06:07+00:00",
    b"0001-01-01T00:00:00+00:00",
    b"9999-12-31T23:59:59-23:59",
]
HEADERS = st.tuples(
    st.sampled_from(
        ["ce_type", "ce_id", "ce_time", "ce_source", "ce_minorversion", "sourcehost", "sourcelib"]
    ),
    st.lists(st.none() | st.binary(max_size=40) | st.sampled_from(TIMES), max_size=2),
)


@st.composite
def damages(draw: st.DrawFn) -> Make:
    """Draw what is done to a valid message: to its record, then to its bytes and headers."""
    edits = draw(RECORDS)
    changes = draw(st.lists(CHANGES, max_size=2))
    headers = draw(st.lists(HEADERS, max_size=2))
    base = draw(st.sampled_from([grade, summary]))

    def make(wire: Wire) -> Message:
        message = base(wire, edit=lambda record: record["grade"].update(edits))
        value = message.value or b""
        for change, place, new in changes:
            value = change(value, place, new)
        message = replace(message, value=value)
        for name, values in headers:
            message = with_header(message, name, *values)
        return message

    return make


@settings(
    derandomize=True,
    deadline=None,
    max_examples=500,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(makes=st.lists(damages(), min_size=1, max_size=5))
def test_no_damage_stops_the_worker_or_touches_a_neighbour(wire, room, makes):
    """Whatever becomes of valid messages, nothing is raised and each has exactly one ending."""
    neighbour = grade(wire, course_key="course-v1:edX+Neighbour+1")
    messages = [*(make(wire) for make in makes), neighbour]
    with transaction.atomic():
        result = wire.take(room, messages)
        transaction.set_rollback(True)
    assert [ending.message for ending in result.endings] == messages
    assert result.endings[-1].outcome is Outcome.APPLIED
