"""Under which username a grade is kept: Credentials' present one, never one that was given up."""

from __future__ import annotations

import pytest

from shared.learners import Identity, names
from shared.models import ParkedEvent
from shared.outcomes import Outcome
from shared.retirement import block
from tests.hosts.credentials.calls import replace_username
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
PARKED, FILTERED = Outcome.PARKED, Outcome.FILTERED
BETTER = {"letter_grade": "A", "percent_grade": 0.95}
RETIRED = "retired__user_0a1b2c"


def usernames() -> list[str]:
    """Return the usernames that have a grade."""
    return sorted(grades().values_list("username", flat=True))


def test_learner_who_never_came_to_credentials(run, outcomes):
    """Most haven't: their grades are kept under the event's username, as REST keeps them."""
    assert outcomes(grade(1)) == [APPLIED]
    assert usernames() == ["learner-7"]


def test_learner_without_an_lms_user_id(run, outcomes):
    """The username says who it is."""
    make_user(lms_user_id=None)
    assert outcomes(grade(1)) == [APPLIED]
    assert usernames() == ["learner-7"]


def test_username_of_another_learner(run, outcomes):
    """Nobody gets a grade of somebody else: the event waits until Credentials knows its learner."""
    make_user(lms_user_id=8)
    assert outcomes(grade(1)) == [PARKED]
    assert ParkedEvent.objects.get().waiting_for == "core.User:7"
    assert usernames() == []


def test_doubled_learner_is_who_has_the_name(run, outcomes):
    """Of several with one LMS user id, the event's username tells which is meant."""
    make_user(username="learner-seven")
    make_user(username="learner-7")
    assert outcomes(grade(1)) == [APPLIED]
    assert usernames() == ["learner-7"]


@pytest.mark.parametrize("event", [grade, summary])
def test_doubled_learner_is_nobody(run, outcomes, event):
    """Where nothing tells which of several is meant, the event waits for a person to tidy up."""
    make_user(username="learner-seven")
    make_user(username="learner-vii")
    make_user(username="learner-7", lms_user_id=None)
    assert outcomes(event(1)) == [PARKED]
    assert usernames() == []


def test_summary_finds_its_learner(run, outcomes):
    """By the LMS user id, which is all that it has."""
    make_user()
    assert outcomes(summary(1)) == [APPLIED]
    assert usernames() == ["learner-7"]


def test_summary_waits_for_its_learner(run, outcomes):
    """Until Credentials knows who has the LMS user id."""
    event = summary(1)
    assert outcomes(event) == [PARKED]
    make_user()
    assert outcomes(event) == [APPLIED]


def test_both_events_end_in_one_row_in_any_order(run, outcomes):
    """Whichever comes first."""
    make_user()
    ends = set()
    for batches in each_way(grade(1), summary(2, **BETTER), grade(3, letter_grade="C")):
        grades().delete()
        for batch in batches:
            outcomes(*batch)
        ends.add((*usernames(), columns()["letter_grade"], columns()["lms_last_updated_at"]))
    assert ends == {("learner-7", "C", at(3))}


@pytest.mark.parametrize("spelling", ["Learner-7", "LEARNER-7"])
def test_username_in_other_case_is_the_same_learner(run, outcomes, spelling):
    """MySQL compares usernames without case, SQLite with: the row is found on both."""
    make_grade(run, username=spelling)
    assert outcomes(grade(1, **BETTER)) == [APPLIED]
    assert usernames() == [spelling]


def test_two_spellings_in_one_batch_make_one_row(run, outcomes):
    """Neither is there before."""
    assert outcomes(grade(1), grade(2, username="Learner-7")) == [APPLIED, UNCHANGED]
    assert usernames() == ["learner-7"]


def test_new_row_has_the_spelling_that_credentials_has(run, outcomes):
    """Credentials looks a learner's grades up by it."""
    make_user(username="Learner-7", lms_user_id=None)
    assert outcomes(grade(1)) == [APPLIED]
    assert usernames() == ["Learner-7"]


@pytest.mark.parametrize(
    ("second", "fields", "outcome"),
    [
        pytest.param(1, {}, STALE, id="late"),
        pytest.param(2, {}, UNCHANGED, id="replayed"),
        pytest.param(3, BETTER, APPLIED, id="newer"),
    ],
)
def test_retired_username_does_not_return(run, outcomes, second, fields, outcome):
    """An event with the old name, however old, goes by the LMS user id."""
    make_user()
    outcomes(grade(2))
    replace_username("learner-7", RETIRED)
    assert outcomes(grade(second, **fields)) == [outcome]
    assert usernames() == [RETIRED]


def test_first_grade_of_a_retired_learner(run, outcomes):
    """It was under way when the learner was retired: only the new name is kept."""
    make_user()
    replace_username("learner-7", RETIRED)
    assert outcomes(grade(1)) == [APPLIED]
    assert usernames() == [RETIRED]


def test_parked_summary_of_a_retired_learner(run, outcomes):
    """It learns the name when it is applied, and not when it came."""
    event = summary(1)
    assert outcomes(event) == [PARKED]
    make_user()
    replace_username("learner-7", RETIRED)
    assert outcomes(event) == [APPLIED]
    assert usernames() == [RETIRED]


def test_new_name_that_credentials_does_not_have_yet(run, outcomes):
    """Its own renaming finds the row under the old one, and no other in its way."""
    make_user()
    outcomes(grade(1))
    assert outcomes(grade(2, username="learner-seven", **BETTER)) == [APPLIED]
    replace_username("learner-7", "learner-seven")
    assert usernames() == ["learner-seven"]
    assert columns()["letter_grade"] == "A"


def test_name_that_another_learner_has_taken_over(run, outcomes):
    """Each event goes to who has its LMS user id."""
    make_user(username="learner-seven")
    make_user(username="learner-7", lms_user_id=8)
    late, theirs = grade(1, **BETTER), grade(1, user_id=8, letter_grade="C")
    assert outcomes(late, theirs) == [APPLIED, APPLIED]
    assert dict(grades().values_list("username", "letter_grade")) == {
        "learner-seven": "A",
        "learner-7": "C",
    }


@pytest.mark.parametrize("user", [{}, {"lms_user_id": None}])
@pytest.mark.parametrize(
    ("second", "fields"),
    [
        pytest.param(1, {}, id="late"),
        pytest.param(2, {}, id="replayed"),
        pytest.param(3, BETTER, id="newer"),
    ],
)
def test_retired_username_of_a_stranger_does_not_return(run, outcomes, user, second, fields):
    """Credentials has no LMS user id to go by; the room remembers that the learner had a grade."""
    if user:
        make_user(**user)
    outcomes(grade(2))
    replace_username("learner-7", RETIRED)
    before = columns()
    assert outcomes(grade(second, **fields)) == [Outcome.FILTERED]
    assert columns() == before


def test_renamed_stranger_keeps_following_events(run, outcomes):
    """Once they have the new name."""
    outcomes(grade(1))
    replace_username("learner-7", "learner-seven")
    assert outcomes(grade(2, username="learner-seven", **BETTER)) == [APPLIED]
    assert usernames() == ["learner-seven"]


def test_stranger_with_a_new_name_is_in_no_renamings_way(run, outcomes):
    """A row by the new name would make Credentials' own renaming fail, and the old one stay."""
    outcomes(grade(1))
    assert outcomes(grade(2, username="learner-seven", **BETTER)) == [Outcome.FILTERED]
    replace_username("learner-7", "learner-seven")
    assert usernames() == ["learner-seven"]


def test_stranger_gets_grades_of_further_runs(run, site, outcomes):
    """What is remembered is the one grade."""
    other = make_run(site, key="course-v1:edX+Tests+2027")
    other.programs.set(run.programs.all())
    assert outcomes(grade(1)) == [APPLIED]
    assert outcomes(grade(1, course_key=other.key)) == [APPLIED]


def test_retired_stranger_whose_grade_came_by_rest_alone(run, outcomes):
    """Nothing tells of them: an event from before the retirement passes for a newcomer's.

    The docs say so, and for how long events may be kept in order that there is none.
    """
    make_grade(run)
    replace_username("learner-7", RETIRED)
    assert outcomes(grade(1)) == [APPLIED]
    assert usernames() == ["learner-7", RETIRED]


def test_stranger_who_was_retired_here(run, outcomes):
    """Of whom Credentials knows nothing but the name that a REST call brought."""
    learner = names([(Identity.LMS_USER_ID, 7), (Identity.USERNAME, "learner-7")])
    make_grade(run)
    replace_username("learner-7", RETIRED)
    block(learner)
    assert outcomes(grade(1), summary(2)) == [FILTERED, FILTERED]
    assert usernames() == [RETIRED]
    assert not ParkedEvent.objects.exists()
