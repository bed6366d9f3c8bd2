"""Whether and when a course run was last published, as the room's own table tells."""

from __future__ import annotations

import pytest

from discovery_course_run_sync.standalone.models import CourseRun
from tests.discovery_course_run_sync.events import KEY, at, created, outcomes, published, rerun

pytestmark = pytest.mark.django_db


def test_created_run_is_not_published(room):
    """Nor is one that was run again and never published."""
    outcomes(room, created(1), rerun(2, "course-v1:edX+Tests+2027"))
    assert not CourseRun.objects.published().exists()
    assert {run.published_at for run in CourseRun.objects.all()} == {None}


def test_published_run_is_found_with_the_time_of_its_publication(room):
    """Also where a creation came before or after."""
    outcomes(room, created(9), published(1), rerun(10), created(5, "course-v1:edX+Tests+2027"))
    found = CourseRun.objects.published().get()
    assert (found.course_key, found.published_at) == (KEY, at(1))


def test_publication_without_change_is_one(room):
    """The run was published again, and its row wasn't modified."""
    outcomes(room, published(1))
    before = CourseRun.objects.get()
    outcomes(room, published(2))
    after = CourseRun.objects.get()
    assert (before.published_at, after.published_at) == (at(1), at(2))
    assert before.modified == after.modified


def test_late_publication_is_not_the_last(room):
    """The time is that of the newest one, not of the one that arrived last."""
    outcomes(room, published(2))
    outcomes(room, published(1))
    assert CourseRun.objects.get().published_at == at(2)


def test_published_runs_can_be_narrowed_further(room):
    """The verb is one of a queryset, wherever it stands."""
    outcomes(room, published(1, hidden=True), published(1, "course-v1:edX+Tests+2027"))
    shown = CourseRun.objects.filter(hidden=False)
    assert shown.published().get() == CourseRun.objects.published().get(hidden=False)
