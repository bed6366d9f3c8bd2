"""A grade that the LMS holds becomes the row that its event would have made."""

from __future__ import annotations

from datetime import timedelta

import pytest

from credentials_grades_sync.standalone.models import UserGrade
from shared import registry
from shared.testing import deliver
from tests.grades import COURSE, ROOM, START, Grade
from tests.snapshots import backfill, reconcile, written

pytestmark = pytest.mark.django_db


def row(second=0.0, *, percent=50, **values):
    """Return the row of the grade that ``Grade`` has an event of."""
    grade = Grade(second=second, percent=percent)
    return {
        "user_id": 1,
        "username": grade.username,
        "course_key": COURSE,
        "percent_grade": percent / 100,
        "letter_grade": grade.letter,
        "passed": percent >= 60,
        "verified": False,
        "modified": (START + timedelta(seconds=second)).isoformat(),
    } | values


def held():
    """Return the only row, but for when it was written."""
    (values,) = UserGrade.objects.values()
    return {k: v for k, v in values.items() if k not in ("id", "created", "modified", "position")}


def test_row_says_what_the_event_says(tmp_path):
    """Field by field; its time is that of the grade, not of the export."""
    source = ("--from", written(tmp_path / "rows", [row(percent=87)]))
    assert backfill(ROOM, *source).status == 0
    by_snapshot = held()
    UserGrade.objects.all().delete()
    deliver(registry.get_room(ROOM), Grade(percent=87).event())
    by_event = held()
    assert by_snapshot.pop("filled_position") < by_event.pop("filled_position")
    assert by_snapshot == by_event
    assert reconcile(ROOM, *source).status == 0


@pytest.mark.parametrize("comes_first", ["event", "snapshot"])
@pytest.mark.parametrize(("second", "percent"), [(-1, 90), (1, 50)], ids=["event", "snapshot"])
def test_newer_grade_wins(tmp_path, comes_first, second, percent):
    """By the time at which the LMS saved it."""
    room, event = registry.get_room(ROOM), Grade(percent=90).event()
    source = ("--from", written(tmp_path / "rows", [row(second)]))
    steps = [lambda: deliver(room, event), lambda: backfill(ROOM, *source)]
    for step in steps if comes_first == "event" else reversed(steps):
        step()
    assert UserGrade.objects.get().percent_grade * 100 == percent


@pytest.mark.parametrize("field", row())
def test_field_that_is_not_there_is_named(tmp_path, field):
    """Each is needed: the event would tell the whole grade."""
    values = row()
    del values[field]
    ended = backfill(ROOM, "--from", written(tmp_path / "rows", [values]))
    assert (ended.status, ended.lines) == (1, [f"line 1: {field}: is not there"])
    assert not UserGrade.objects.exists()
