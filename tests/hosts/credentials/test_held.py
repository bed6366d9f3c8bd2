"""What Credentials holds is told in a record's words, for the report of a shadow."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from credentials_grades_sync.consumers import USER_GRADES as CONSUMER
from credentials_grades_sync.hosts.credentials import USER_GRADES
from shared.outcomes import Outcome
from tests.hosts.credentials.calls import replace_username
from tests.hosts.credentials.rows import (
    at,
    columns,
    grade,
    make_grade,
    make_run,
    make_user,
    summary,
)


def held(*events: Any) -> Any:
    """Return what Credentials holds for the records of events."""
    records: list[Any] = [
        CONSUMER.route_for(event.signal.event_type).to_record(event.data, event.metadata)  # type: ignore[union-attr]
        for event in events
    ]
    return USER_GRADES.held(records)


def test_grade_is_told_in_the_records_words(run):
    """Only the fields that Credentials keeps, whatever the event says; and nothing is written."""
    make_grade(run, letter_grade="A", percent_grade="0.9500", verified=False)
    before = columns()
    assert held(grade(1)) == [
        {"letter_grade": "A", "percent_grade": Decimal("0.9500"), "verified": False}
    ]
    assert columns() == before


def test_no_row_is_told(run, site):
    """Neither for a learner without a grade, nor of a run that isn't wanted, and these are told."""
    unwanted = make_run(site, key="course-v1:edX+Tests+2027")
    make_grade(unwanted)
    absent = "course-v1:edX+Tests+2028"
    assert held(
        grade(1), grade(1, course_key=unwanted.key), grade(1, course_key=absent), summary(1)
    ) == [None, Outcome.FILTERED, Outcome.FILTERED, None]


def test_row_is_found_as_it_would_be_for_writing(run):
    """By the LMS user id, whatever name the event has."""
    make_user()
    make_grade(run)
    replace_username("learner-7", "retired__user_0a1b2c")
    assert [row["letter_grade"] for row in held(grade(1), summary(1))] == ["B", "B"]


def test_row_that_is_furthest_behind_is_told(site, run, configure):
    """Of several runs of a key; none at all where one of them has no grade."""
    configure(SITES=[site.domain], KEEP="catalog")
    twin = make_run(site)
    make_grade(run, letter_grade="A", lms_last_updated_at=at(2))
    assert held(grade(1)) == [None]
    make_grade(twin, letter_grade="C", lms_last_updated_at=at(1))
    assert held(grade(1))[0]["letter_grade"] == "C"
