"""A retired learner's username leaves the room, and no way brings it back."""

from __future__ import annotations

from dataclasses import fields

import pytest

from credentials_grades_sync.consumers import USER_GRADES
from credentials_grades_sync.records import UserGradeRecord
from credentials_grades_sync.standalone.models import UserGrade
from shared.learners import Identity, names
from shared.models import DeadLetter, ParkedEvent
from shared.outcomes import Outcome
from shared.records import layout_of_type
from shared.retirement import block
from shared.testing import deliver
from tests.credentials_grades_sync.test_snapshots import row as snapshot_row
from tests.credentials_grades_sync.test_standalone import grade, outcomes, summary
from tests.grades import ROOM
from tests.readers import erased
from tests.shadows import kept, records
from tests.snapshots import backfill, reconcile, written

pytestmark = pytest.mark.django_db

FILTERED = [Outcome.FILTERED]
LEARNER = names([(Identity.LMS_USER_ID, 7), (Identity.USERNAME, "learner-7")])


def retire(learner=LEARNER):
    """Retire the learner."""
    block(learner)
    return erased(learner)


def usernames():
    """Return the usernames in the table, by learner."""
    return dict(UserGrade.objects.values_list("lms_user_id", "username"))


def test_username_goes_and_the_grade_stays(room):
    """Under the LMS's number, which leads to nobody there any more."""
    deliver(room, grade(1), grade(2, user_id=8, username="learner-8"))
    assert retire() == {"rows of user-grades": (1, 0)}
    assert usernames() == {7: "", 8: "learner-8"}
    assert UserGrade.objects.get(lms_user_id=7).position.time == grade(1).metadata.time


@pytest.mark.parametrize("second", [0, 1, 9], ids=["late", "redelivered", "newer"])
@pytest.mark.parametrize("make", [grade, summary])
def test_no_event_brings_it_back(room, make, second):
    """Whether it has the username or the number only."""
    deliver(room, grade(1))
    retire()
    assert outcomes(room, make(second)) == FILTERED
    assert usernames() == {7: ""}


def test_event_without_its_row(room):
    """None is made."""
    retire()
    assert outcomes(room, grade(1)) == FILTERED
    assert outcomes(room, grade(1, user_id=99, username="LEARNER-7")) == FILTERED
    assert not UserGrade.objects.exists()


def test_unmappable_event_is_not_buried(room):
    """Its letter would have the username."""
    retire()
    assert outcomes(room, grade(1, letter_grade="x" * 300)) == FILTERED
    assert not DeadLetter.objects.exists()


def test_dead_letter_goes(room):
    """Whichever consumer buried it, or none."""
    other = {"user_id": 8, "username": "learner-8"}
    deliver(room, *(grade(n, letter_grade="x" * 300, **who) for n, who in enumerate(({}, other))))
    DeadLetter.objects.update(topic="", partition=-1)
    assert retire() == {"dead letters": (1, 0)}
    assert DeadLetter.objects.count() == 1


def test_snapshot_does_not_bring_it_back(tmp_path):
    """A file from before; a comparison doesn't call it missing, either."""
    learner = names([(Identity.LMS_USER_ID, 1)])
    source = ("--from", written(tmp_path / "rows", [snapshot_row()]))
    retire(learner)
    assert backfill(ROOM, *source).json["outcomes"] == {"filtered": 1}
    found = reconcile(ROOM, *source).json["comparison"]
    assert (found["unwanted"], found["missing"]) == (1, 0)
    assert not UserGrade.objects.exists()


def test_shadow(room):
    """It forgets the learner and keeps nothing new."""
    kept(room, grade(1))
    assert retire() == {"shadow records": (1, 0)}
    kept(room, grade(2))
    assert records() == {}


def test_new_holder_of_the_username_by_the_number_alone(room):
    """Who retires a number blocks that learner, not who bears the name by now."""
    retire(names([(Identity.LMS_USER_ID, 7)]))
    newcomer = grade(1, user_id=8)
    assert outcomes(room, newcomer) == [Outcome.APPLIED]


def test_every_personal_field_is_declared():
    """What a report hides a retirement finds."""
    assert USER_GRADES.learner
    columns = {field.column for field in USER_GRADES.learner.fields}
    assert layout_of_type(UserGradeRecord).personal <= columns
    assert columns <= {field.name for field in fields(UserGradeRecord)}


def test_nothing_waits(room):
    """Of a retired learner no event is parked."""
    retire()
    deliver(room, grade(1), summary(2))
    assert not ParkedEvent.objects.exists()
