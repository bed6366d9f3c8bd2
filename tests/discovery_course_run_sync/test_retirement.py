"""Course runs name no learner: a retirement asks nothing of the room and changes nothing in it."""

from __future__ import annotations

import pytest

from discovery_course_run_sync.consumers import COURSE_RUNS
from discovery_course_run_sync.records import CourseRunRecord
from discovery_course_run_sync.standalone.models import CourseRun
from shared import registry
from shared.learners import Identity, names
from shared.records import layout_of_type
from shared.retirement import block
from shared.testing import deliver
from tests.discovery_course_run_sync.events import published
from tests.readers import erased

pytestmark = pytest.mark.django_db


def test_course_runs_stay():
    """Also one whose title is a learner's name."""
    room = registry.get_room("discovery_course_run_sync")
    learner = names([(Identity.USERNAME, "ada"), (Identity.LMS_USER_ID, 1)])
    deliver(room, published(1, name="ada"))
    block(learner)
    assert erased(learner) == {}
    deliver(room, published(2, name="Ada"))
    assert CourseRun.objects.get().title == "Ada"


def test_no_field_is_personal():
    """So there is nothing to declare."""
    assert COURSE_RUNS.learner is None
    assert not layout_of_type(CourseRunRecord).personal
