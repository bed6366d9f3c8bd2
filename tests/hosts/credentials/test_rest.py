"""REST and bus side by side: the LMS's task posts grades while the room follows events."""

from __future__ import annotations

from decimal import Decimal

from shared.outcomes import Outcome
from tests.hosts.credentials.calls import post_grade
from tests.hosts.credentials.rows import at, columns, grade

APPLIED, UNCHANGED, STALE = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE


def test_newer_call_wins_over_a_late_event(run, outcomes):
    """The row's time is the call's, too."""
    post_grade(run, letter_grade="A", percent_grade="0.9500", lms_last_updated_at=at(2))
    before = columns()
    assert outcomes(grade(1)) == [STALE]
    assert columns() == before


def test_newer_event_wins_over_an_earlier_call(run, outcomes):
    """And the call's row is the one that changes."""
    post_grade(run, letter_grade="C", percent_grade="0.7000", lms_last_updated_at=at(1))
    assert outcomes(grade(2)) == [APPLIED]
    assert columns()["letter_grade"] == "B"


def test_event_of_a_grade_that_was_posted_changes_nothing(run, outcomes):
    """The LMS saves a grade once, and tells of it on both ways with one time."""
    post_grade(run, lms_last_updated_at=at(1))
    before = columns()
    assert outcomes(grade(1)) == [UNCHANGED]
    assert columns() == before


def test_posted_grade_is_the_same_as_its_event(run, outcomes):
    """Whichever comes first, the row says the same."""
    outcomes(grade(1))
    post_grade(run, lms_last_updated_at=at(1))
    assert (columns()["letter_grade"], columns()["percent_grade"]) == ("B", Decimal("0.87"))
    assert columns()["lms_last_updated_at"] == at(1)


def test_late_call_overwrites_and_the_next_event_heals(run, outcomes):
    """Credentials' view compares no times; the room can't keep it from that."""
    outcomes(grade(2))
    post_grade(run, letter_grade="C", percent_grade="0.7000", lms_last_updated_at=at(1))
    assert columns()["letter_grade"] == "C"
    assert outcomes(grade(3)) == [APPLIED]
    assert columns()["letter_grade"] == "B"


def test_late_call_is_healed_by_a_replay(run, outcomes):
    """The overwritten row's time is the old one, so the event that it lost is newer again."""
    event = grade(2)
    outcomes(event)
    post_grade(run, letter_grade="C", percent_grade="0.7000", lms_last_updated_at=at(1))
    assert outcomes(event) == [APPLIED]
    assert (columns()["letter_grade"], columns()["lms_last_updated_at"]) == ("B", at(2))
