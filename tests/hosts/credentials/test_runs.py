"""Which course runs get a grade, and what becomes of one whose run isn't there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from shared import parking
from shared.batches import Batch
from shared.exceptions import ConfigurationError
from shared.models import ParkedEvent
from shared.outcomes import Outcome
from shared.pipeline import settle
from shared.testing import deliver
from tests.hosts.credentials.rows import (
    KEY,
    at,
    grade,
    grades,
    make_bare_site,
    make_grade,
    make_program,
    make_run,
    make_site,
    objects,
)

APPLIED, UNCHANGED, STALE = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE
FILTERED, PARKED = Outcome.FILTERED, Outcome.PARKED


def graded() -> set[int]:
    """Return the ids of the runs that have a grade."""
    return set(grades().values_list("course_run_id", flat=True))


@pytest.mark.parametrize(
    ("keep", "outcome"), [("records", FILTERED), ("catalog", FILTERED), ("all", PARKED)]
)
def test_run_that_is_not_in_the_catalogue(site, configure, outcomes, keep, outcome):
    """Only who keeps all grades waits for it."""
    configure(SITES=[site.domain], KEEP=keep)
    assert outcomes(grade(1)) == [outcome]
    assert not grades().exists()


@pytest.mark.parametrize(
    ("keep", "outcome"), [("records", FILTERED), ("catalog", APPLIED), ("all", APPLIED)]
)
def test_run_that_is_in_no_program(site, configure, outcomes, keep, outcome):
    """The LMS doesn't send its grades today."""
    configure(SITES=[site.domain], KEEP=keep)
    make_run(site)
    assert outcomes(grade(1)) == [outcome]


@pytest.mark.parametrize("keep", ["records", "catalog", "all"])
def test_run_of_a_program(site, run, configure, outcomes, keep):
    """Everybody keeps its grades."""
    configure(SITES=[site.domain], KEEP=keep)
    assert outcomes(grade(1)) == [APPLIED]
    assert graded() == {run.pk}


def test_records_are_the_default(site, run, outcomes):
    """Without KEEP a grade counts where a program's records would show it."""
    other = make_run(site, key="course-v1:edX+Tests+2027")
    assert outcomes(grade(1), grade(1, course_key=other.key)) == [APPLIED, FILTERED]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("active", APPLIED), ("retired", APPLIED), ("unpublished", FILTERED), ("deleted", FILTERED)],
)
def test_program_that_is_not_shown_counts_for_nothing(site, run, outcomes, status, outcome):
    """Learner records show active and retired programs; the LMS goes by the same."""
    run.programs.update(status=status)
    assert outcomes(grade(1)) == [outcome]


def test_program_of_a_site_without_records_counts_for_nothing(site, run, configure, outcomes):
    """Nobody would be shown the grade; who keeps the catalogue's keeps it."""
    objects("core.SiteConfiguration").update(records_enabled=False)
    assert outcomes(grade(1)) == [FILTERED]
    configure(SITES=[site.domain], KEEP="catalog")
    assert outcomes(grade(1)) == [APPLIED]


def test_two_programs_make_no_second_grade(site, run, outcomes):
    """A run is one run, in however many programs."""
    make_program(site, run)
    assert outcomes(grade(1)) == [APPLIED]
    assert grades().count() == 1


def test_site_that_is_not_named_gets_no_grade(site, run, outcomes):
    """Its run has the same key."""
    other = make_site()
    make_program(other, make_run(other))
    assert outcomes(grade(1)) == [APPLIED]
    assert graded() == {run.pk}


def test_run_of_each_named_site_gets_the_grade(site, run, configure, outcomes):
    """A key is unique in no catalogue, so none of its runs is picked."""
    other = make_site()
    theirs = make_run(other)
    make_program(other, theirs)
    configure(SITES=[site.domain, other.domain])
    assert outcomes(grade(1)) == [APPLIED]
    assert graded() == {run.pk, theirs.pk}


def test_run_of_each_course_gets_the_grade(site, run, configure, outcomes):
    """Two courses of one site may have runs of one key, when one was made anew in Discovery."""
    configure(SITES=[site.domain], KEEP="catalog")
    twin = make_run(site)
    assert outcomes(grade(1)) == [APPLIED]
    assert graded() == {run.pk, twin.pk}


def test_each_row_has_a_guard_of_its_own(site, run, configure, outcomes):
    """What is newest in one of several is no reason to leave the others behind."""
    configure(SITES=[site.domain], KEEP="catalog")
    twin = make_run(site)
    make_grade(run, letter_grade="A", lms_last_updated_at=at(5))
    make_grade(twin, letter_grade="C", lms_last_updated_at=at(1))
    assert outcomes(grade(3)) == [APPLIED]
    assert outcomes(grade(3)) == [UNCHANGED]
    assert outcomes(grade(2)) == [STALE]
    letters = dict(grades().values_list("course_run_id", "letter_grade"))
    assert letters == {run.pk: "A", twin.pk: "B"}


def test_key_in_other_case_is_the_same_run(run, outcomes):
    """On every database: the LMS knows one run of both spellings."""
    assert outcomes(
        grade(1), grade(2, course_key=KEY.upper().replace("COURSE-V1", "course-v1"))
    ) == [
        APPLIED,
        UNCHANGED,
    ]
    assert graded() == {run.pk}


def test_accent_makes_another_run(site, configure, outcomes):
    """On every database, whatever its collation takes for equal."""
    configure(SITES=[site.domain], KEEP="catalog")
    run = make_run(site, key="course-v1:edX+Cafe+2026")
    assert outcomes(grade(1, course_key="course-v1:edX+Caf\u00e9+2026")) == [FILTERED]
    assert outcomes(grade(1, course_key=run.key)) == [APPLIED]


def test_parked_grade_is_applied_once_the_run_is_there(room, site, configure):
    """``copy_catalog`` wakes nobody: the retry, five minutes apart at most, finds the run."""
    configure(SITES=[site.domain], KEEP="all")
    event, now = grade(1), timezone.now()
    deliver(room, event, now=now)
    assert ParkedEvent.objects.get().waiting_for == f"catalog.CourseRun:{KEY.lower()}"
    make_run(site)
    soon = now + parking.LONGEST_PAUSE
    due = parking.due(room.name, [event.message.topic], limit=10, now=soon)
    arrivals = parking.arrivals_of(due, lambda message: event)
    batch = Batch(room=room, group=room.name, worker="tests", arrivals=arrivals)
    [ending] = settle(batch, now=soon).endings
    assert ending.outcome is APPLIED
    assert not ParkedEvent.objects.exists()
    assert grades().get().lms_last_updated_at == at(1)


def test_newer_grade_overtakes_a_parked_one(room, site, configure):
    """What has waited is older than what came since, and is told so."""
    configure(SITES=[site.domain], KEEP="all")
    parked, now = grade(1, letter_grade="C"), timezone.now()
    deliver(room, parked, now=now)
    make_run(site)
    deliver(room, grade(2), now=now)
    due = parking.due(room.name, [parked.message.topic], limit=9, now=now + timedelta(minutes=5))
    arrivals = parking.arrivals_of(due, lambda message: parked)
    batch = Batch(room=room, group=room.name, worker="tests", arrivals=arrivals)
    [ending] = settle(batch, now=now + timedelta(minutes=5)).endings
    assert ending.outcome is STALE
    assert grades().get().letter_grade == "B"


def test_site_that_is_not_there_stops_the_worker(site, run, room, configure):
    """Nothing is filtered for a slip in the configuration."""
    configure(SITES=[site.domain, "nowhere.example.org"])
    with pytest.raises(ConfigurationError, match=r"no site nowhere\.example\.org"):
        deliver(room, grade(1))
    assert not grades().exists()


def test_domain_may_be_written_in_other_case(site, run, configure, outcomes):
    """Domains are the same in any case."""
    configure(SITES=[site.domain.upper()])
    assert outcomes(grade(1)) == [APPLIED]


def test_site_without_configuration_has_no_records(db, configure, outcomes):
    """``copy_catalog`` passes it by as well."""
    site = make_bare_site()
    configure(SITES=[site.domain])
    make_program(site, make_run(site))
    assert outcomes(grade(1)) == [FILTERED]
