"""A run that Discovery doesn't have is made as the loader makes it, beside its course's rows."""

from __future__ import annotations

import pytest

from shared.models import AppliedEvent
from shared.outcomes import Outcome
from tests.hosts.discovery.events import SAYS, created, published, rerun
from tests.hosts.discovery.rows import (
    COURSE_KEY,
    KEY,
    make_course,
    make_courses,
    make_partner,
    make_run,
    model,
    runs,
    said,
    type_of,
)

APPLIED, UNCHANGED, STALE = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE
UNPUBLISHED = {"status": "unpublished"}


def test_run_of_a_new_course(partner, send):
    """Organization and course are made, of the partner, of the type "empty"; the run is theirs."""
    assert send(published(1)) == [APPLIED]
    [run] = runs()
    assert said(run) == SAYS | UNPUBLISHED
    course = run.course
    assert (course.key, course.title, course.partner) == (COURSE_KEY, "Tests", partner)
    assert (course.type.slug, run.type.slug) == ("empty", "empty")
    assert (course.draft, run.draft) == (False, False)
    assert course.product_source is not None
    assert [each.key for each in course.authoring_organizations.all()] == ["edX"]
    assert (course.canonical_course_run, run.canonical_for_course) == (run, course)


def test_organization_is_found_whatever_its_case(partner, send):
    """No second one is made for another spelling."""
    organizations = model("Organization").objects
    organizations.bulk_create([model("Organization")(key="EDX", name="Tests", partner=partner)])
    send(published(1))
    assert [each.key for each in runs()[0].course.authoring_organizations.all()] == ["EDX"]


def test_second_run_of_a_course(partner, send):
    """The course is found whatever its case; it keeps its title and its canonical run."""
    course = make_course(partner, key="EDX+tests")
    course.canonical_course_run = make_run(course, key="course-v1:edX+Tests+2025")
    course.save()
    send(published(1))
    _, run = runs()
    assert run.course == course
    assert model("Course").everything.get().title == "Old"
    assert run.course.canonical_course_run.key == "course-v1:edX+Tests+2025"


def test_course_of_another_partner_is_another_course(partner, send):
    """Though it has the same key, the run isn't put beside its runs."""
    other = make_course(make_partner("other"))
    assert send(published(1)) == [APPLIED]
    [run] = runs()
    assert (run.course.partner, run.course.key) == (partner, other.key)


def test_run_of_a_course_with_a_draft(partner, send):
    """It has both rows, linked, of one uuid and one slug."""
    draft_course, course = make_courses(partner)
    send(published(1))
    draft, official = runs()
    assert [said(run) for run in (draft, official)] == [SAYS | UNPUBLISHED] * 2
    assert (draft.draft, official.draft, official.draft_version) == (True, False, draft)
    assert (draft.course, official.course) == (draft_course, course)
    assert (official.uuid, official.slug) == (draft.uuid, draft.slug)


def test_course_that_is_edited_in_publisher_is_not_published(partner, send):
    """A run's event makes nothing of its course's draft official."""
    draft_course, course = make_courses(partner)
    draft_course.title = "Not reviewed yet"
    draft_course.save()
    send(published(1))
    course.refresh_from_db()
    assert course.title == "Old"


def test_run_of_a_course_that_is_a_draft(partner, send):
    """It is a draft, too: its course team decides when both become public."""
    course = make_course(partner, draft=True)
    assert send(published(1)) == [APPLIED]
    [run] = runs()
    assert (run.draft, run.course) == (True, course)
    assert not model("Course").objects.exists()
    assert send(published(2, name="Newer")) == [APPLIED]
    assert said(run)["title_override"] == "Newer"


def test_course_whose_reruns_have_another_key(partner, send):
    """The run belongs to the course that names this key for its reruns."""
    course = make_course(partner, key="edX+Original", key_for_reruns=COURSE_KEY)
    send(published(1))
    assert runs()[0].course == course


def test_type_is_that_of_the_latest_run(partner, send):
    """The best guess that there is."""
    course = make_course(partner)
    make_run(course, key="course-v1:edX+Tests+2024")
    make_run(course, key="course-v1:edX+Tests+2025", type=type_of("CourseRunType", "verified"))
    send(published(1))
    assert runs()[-1].type.slug == "verified"


@pytest.mark.parametrize("make", [created, rerun])
def test_run_that_was_only_created(partner, send, make):
    """It has a key, no dates, and is published nowhere."""
    assert send(make(1)) == [APPLIED]
    [run] = runs()
    dates = dict.fromkeys(["start", "end", "enrollment_start", "enrollment_end"])
    empty = {"title_override": None, "pacing_type": None}
    assert said(run) == SAYS | dates | empty | UNPUBLISHED
    assert send(make(2)) == [UNCHANGED]


def test_run_that_was_only_created_is_not_published_by_studio_either(plain_partner, send):
    """Without Publisher it becomes public with its first publication."""
    send(created(1))
    [run] = runs()
    assert said(run)["status"] == "unpublished"
    send(published(1))
    assert said(run)["status"] == "published"


def test_course_without_a_title_gets_one(partner, send):
    """A creation knows none; the first publication does, and from then on it is Publisher's."""
    send(created(1))
    send(published(1))
    course = model("Course").everything.get()
    assert course.title == "Tests"
    send(published(2, name="Newer"))
    course.refresh_from_db()
    assert course.title == "Tests"


def test_creation_is_followed_once(partner, send):
    """The run's position is that of its newest publication, whatever was created when."""
    assert send(published(1), created(2)) == [APPLIED, STALE]
    assert AppliedEvent.objects.get().has_followed
    assert [run.key for run in runs()] == [KEY]


def test_new_run_is_told_to_nobody(partner, send, told):
    """No marketing site, no mail, no E-Commerce; caches hear of it."""
    make_run(make_courses(partner)[1], key="course-v1:edX+Tests+2025")
    told.caches.clear()
    send(published(1), published(1, "course-v1:edX+New+2026"))
    assert (told.marketing, told.mails, told.ecommerce) == ([], [], [])
    new = [run for run in runs() if run.key != "course-v1:edX+Tests+2025"]
    assert {run.pk for run in new} == set(told.caches)
    assert len(new) == 3


def test_run_keeps_old_style_keys(partner, send):
    """``org/course/run``, as old courses have it."""
    send(published(1, "edX/Tests/2026"))
    [run] = runs()
    assert (run.key, run.course.key) == ("edX/Tests/2026", COURSE_KEY)
