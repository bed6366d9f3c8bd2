"""Which events make or change a row, with and without the filters of the settings."""

from __future__ import annotations

import pytest

from discovery_course_run_sync.standalone.models import CourseRun
from shared.outcomes import Outcome
from tests.discovery_course_run_sync.events import created, outcomes, published, rerun

pytestmark = pytest.mark.django_db

APPLIED = Outcome.APPLIED
FILTERS = "discovery_course_run_sync.filters"


@pytest.fixture
def filtered(settings):
    """Name the room's further filters in the settings."""
    filters = {"course-runs": [f"{FILTERS}.is_not_hidden", f"{FILTERS}.has_current_key"]}
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "FILTERS": filters}


@pytest.mark.parametrize(
    "key", ["ccx-v1:edX+Tests+2026+ccx@1", "library-v1:edX+Tests"], ids=["CCX", "library"]
)
def test_what_is_no_course_run_is_filtered(room, key):
    """Without any setting, whichever event tells of it."""
    assert (
        outcomes(room, published(1, key), created(2, key), rerun(3, key)) == [Outcome.FILTERED] * 3
    )
    assert not CourseRun.objects.exists()


def test_hidden_run_and_deprecated_key_are_applied_without_the_setting(room):
    """Who wants to see hidden runs finds them by their column."""
    assert outcomes(room, published(1, hidden=True), created(2, "edX/Tests/2026")) == [
        APPLIED,
        APPLIED,
    ]


def test_hidden_run_is_filtered_by_setting(room, filtered):
    """No row is made for it."""
    assert outcomes(room, published(1, hidden=True)) == [Outcome.FILTERED]
    assert not CourseRun.objects.exists()


def test_deprecated_key_is_filtered_by_setting(room, filtered):
    """Of all three events."""
    key = "edX/Tests/2026"
    assert (
        outcomes(room, published(1, key), created(2, key), rerun(3, key)) == [Outcome.FILTERED] * 3
    )
    assert not CourseRun.objects.exists()


def test_run_that_is_hidden_later_keeps_what_it_said(room, filtered):
    """A filtered event touches nothing, not even the position."""
    outcomes(room, published(1))
    before = CourseRun.objects.values().get()
    assert outcomes(room, published(3, hidden=True, name="Secret")) == [Outcome.FILTERED]
    assert CourseRun.objects.values().get() == before
    assert outcomes(room, published(2, name="Late")) == [APPLIED]


def test_other_runs_pass_the_filters(room, filtered):
    """Neighbours of what is filtered are applied."""
    wanted = outcomes(
        room,
        published(1, hidden=True),
        published(1, "course-v1:edX+Tests+2027"),
        created(1, "course-v1:edX+Tests+2028"),
        published(1, "edX/Tests/2026"),
    )
    assert wanted == [Outcome.FILTERED, APPLIED, APPLIED, Outcome.FILTERED]
    assert CourseRun.objects.count() == 2
