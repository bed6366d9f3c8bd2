"""Grades on their way to the table: the parts of the testing kit, one test each."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from credentials_grades_sync.standalone.models import UserGrade
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.testing import deliver, make_event
from shared.testing.factories import data_of


@pytest.mark.django_db
def test_newer_grade_wins(event_bus, room):
    """In whatever order the two come."""
    now = timezone.now()
    better = data_of(COURSE_GRADE_CHANGED, user_id=7, letter_grade="A")
    worse = data_of(COURSE_GRADE_CHANGED, user_id=7, letter_grade="B")
    event_bus.publish(COURSE_GRADE_CHANGED, time=now, **better)
    event_bus.publish(COURSE_GRADE_CHANGED, time=now - timedelta(hours=1), **worse)
    event_bus.run(room)
    assert UserGrade.objects.get().letter_grade == "A"


@pytest.mark.django_db
def test_grade_of_nothing_attempted_is_not_wanted(room):
    """It is a computed zero."""
    data = data_of(COURSE_GRADE_CHANGED, attempted=False)
    result = deliver(room, make_event(COURSE_GRADE_CHANGED, **data))
    assert result.totals == {"filtered": 1}


def test_grade_comes_over_kafka(transactional_db, embedded_bus, room):
    """From the stock producer, through a broker, by the real worker."""
    embedded_bus.publish(COURSE_GRADE_CHANGED, **data_of(COURSE_GRADE_CHANGED, user_id=7))
    embedded_bus.run(room)
    assert UserGrade.objects.get().lms_user_id == 7
