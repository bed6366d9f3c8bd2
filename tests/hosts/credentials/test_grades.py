"""A grade of Credentials follows the events, guarded by its own ``lms_last_updated_at``."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from shared.outcomes import Outcome
from tests.hosts.credentials.rows import (
    at,
    columns,
    grade,
    grades,
    make_grade,
    make_run,
    make_user,
    summary,
)
from tests.orders import each_way

APPLIED, UNCHANGED, STALE = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE
BETTER = {"letter_grade": "A", "percent_grade": 0.95}


def said() -> tuple[object, ...]:
    """Return what the one grade says, and since when."""
    row = columns()
    names = ("username", "letter_grade", "percent_grade", "verified", "lms_last_updated_at")
    return tuple(row[name] for name in names)


def test_grade_is_written_as_the_event_says(run, outcomes):
    """To its run, with the event's time."""
    assert outcomes(grade(1, verified=False)) == [APPLIED]
    assert said() == ("learner-7", "B", Decimal("0.8700"), False, at(1))
    assert columns()["course_run_id"] == run.pk


def test_failing_grade_has_an_empty_letter(run, outcomes):
    """Credentials takes no None for a letter."""
    assert outcomes(grade(1, letter_grade="", percent_grade=0.0, passed=False)) == [APPLIED]
    assert said()[1:3] == ("", Decimal(0))


def test_redelivered_event_changes_nothing(run, outcomes):
    """No column of the row moves, ``modified`` included."""
    event = grade(1)
    outcomes(event)
    before = columns()
    assert outcomes(event) == [UNCHANGED]
    assert columns() == before


def test_any_order_of_arrival_ends_in_the_same_row(run, outcomes):
    """In whatever batches; the newest event has it."""
    events = [grade(1), grade(2, **BETTER), grade(3, letter_grade="C", percent_grade=0.7)]
    ends = set()
    for batches in each_way(*events):
        with transaction.atomic():
            for batch in batches:
                outcomes(*batch)
            ends.add(said())
            transaction.set_rollback(True)
    assert ends == {("learner-7", "C", Decimal("0.7000"), True, at(3))}


def test_older_event_is_stale(run, outcomes):
    """It changes no column."""
    outcomes(grade(2))
    before = columns()
    assert outcomes(grade(1, **BETTER)) == [STALE]
    assert columns() == before


def test_changed_grade_moves_modified(run, outcomes):
    """Learner records show when a grade changed."""
    outcomes(grade(1))
    before = columns()
    assert outcomes(grade(2, **BETTER)) == [APPLIED]
    assert columns()["modified"] > before["modified"]
    assert columns()["created"] == before["created"]


def test_same_grade_again_moves_the_time_alone(run, outcomes):
    """``update_or_create`` would move ``modified``, and learner records show it."""
    outcomes(grade(1))
    before = columns()
    assert outcomes(grade(2)) == [UNCHANGED]
    assert columns() == {**before, "lms_last_updated_at": at(2)}


def test_event_between_two_equal_ones_is_too_late(run, outcomes):
    """The second of them has moved the row's time."""
    outcomes(grade(1), grade(3))
    assert outcomes(grade(2, **BETTER)) == [STALE]
    assert said()[1] == "B"


def test_other_grade_of_the_same_time_is_stale(run, outcomes):
    """The row has nothing by which to tell which of them is newer: the first one stays."""
    outcomes(grade(1))
    assert outcomes(grade(1, **BETTER)) == [STALE]
    assert said()[1] == "B"


def test_batch_saves_each_row_once(run, outcomes):
    """However many events it has of one grade."""
    with CaptureQueriesContext(connection) as queries:
        outcomes(grade(1), grade(2, **BETTER), grade(3), grade(4))
    writes = [q["sql"] for q in queries if "records_usergrade" in q["sql"]]
    assert [sql.split()[0] for sql in writes if not sql.startswith("SELECT")] == ["INSERT"]
    assert said()[4] == at(4)


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        pytest.param({}, UNCHANGED, id="the same grade"),
        pytest.param(BETTER, APPLIED, id="another grade"),
    ],
)
def test_row_without_a_time_is_older_than_any_event(run, outcomes, fields, outcome):
    """Such rows are from before Credentials knew the LMS's time."""
    make_grade(run, lms_last_updated_at=None)
    before = columns()
    assert outcomes(grade(1, **fields)) == [outcome]
    assert said()[4] == at(1)
    assert (columns()["modified"] == before["modified"]) is (outcome is UNCHANGED)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (0.99995, Decimal("1.0000")),
        (0.999950000001, Decimal("1.0000")),
        (0.12345, Decimal("0.1234")),
        (0.1 + 0.2, Decimal("0.3000")),
        (0.57, Decimal("0.5700")),
    ],
)
def test_percent_is_rounded_before_it_is_compared_or_written(run, outcomes, sent, stored):
    """As it is sent it would differ from the stored value each time, or not be readable there."""
    assert outcomes(grade(1, percent_grade=sent)) == [APPLIED]
    assert columns()["percent_grade"] == stored
    before = columns()
    assert outcomes(grade(2, percent_grade=sent)) == [UNCHANGED]
    assert columns()["modified"] == before["modified"]


@pytest.mark.parametrize("percent", [float("nan"), 9.99995, 1.00001, -0.1])
def test_percent_that_is_none_is_buried(run, outcomes, percent):
    """Its neighbour in the batch is applied."""
    bad = grade(1, percent_grade=percent, user_id=8, username="learner-8")
    assert outcomes(bad, grade(1)) == [Outcome.DEAD, APPLIED]
    assert grades().get().username == "learner-7"


def test_summary_leaves_verified_alone(run, outcomes):
    """It doesn't know it."""
    make_user()
    outcomes(grade(1, verified=False))
    assert outcomes(summary(2, **BETTER)) == [APPLIED]
    assert said() == ("learner-7", "A", Decimal("0.9500"), False, at(2))


def test_summary_makes_a_verified_grade(run, outcomes):
    """Credentials' own default, which is what the LMS always says."""
    make_user()
    assert outcomes(summary(1)) == [APPLIED]
    assert said() == ("learner-7", "B", Decimal("0.8700"), True, at(1))


@pytest.mark.parametrize(
    "key", ["edX/Tests/2026", "ccx-v1:edX+Tests+2026+ccx@1", "course-v1:edX+Caf\u00e9+2026"]
)
def test_other_kinds_of_keys(run, outcomes, key):
    """Old-style keys, those of custom courses and those beyond ASCII are keys of runs as well."""
    run.key = key
    run.save()
    assert outcomes(grade(1, course_key=key)) == [APPLIED]


def test_grades_of_other_learners_and_runs_stay_apart(run, site, outcomes):
    """Each has a row of its own, and a late event finds its own."""
    other = make_run(site, key="course-v1:edX+Tests+2027")
    other.programs.set(run.programs.all())
    events = [
        grade(5),
        grade(5, user_id=8, username="learner-8"),
        grade(5, course_key=other.key),
    ]
    assert outcomes(*events) == [APPLIED] * 3
    late = grade(4, user_id=8, username="learner-8", course_key=other.key)
    assert outcomes(late) == [APPLIED]
    assert grades().count() == 4
