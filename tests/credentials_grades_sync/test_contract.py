"""The grades keep the contract of every consumer."""

from __future__ import annotations

from pathlib import Path

from openedx_events.learning.signals import PERSISTENT_GRADE_SUMMARY_CHANGED

import shared.events
from credentials_grades_sync.standalone.models import UserGrade
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.testing import ConsumerContract, Sample
from shared.testing.factories import data_of

SCHEMAS = Path(shared.events.__file__).parent / "schemas"

GRADES = Sample(
    signal=COURSE_GRADE_CHANGED,
    data=lambda number, state: data_of(
        COURSE_GRADE_CHANGED, user_id=number, percent_grade=state / 10
    ),
    model=UserGrade,
    unwanted=[data_of(COURSE_GRADE_CHANGED, attempted=False)],
    golden=SCHEMAS / f"{COURSE_GRADE_CHANGED.event_type}.avsc",
)
SUMMARIES = Sample(
    signal=PERSISTENT_GRADE_SUMMARY_CHANGED,
    data=lambda number, state: data_of(
        PERSISTENT_GRADE_SUMMARY_CHANGED, user_id=number, percent_grade=state / 10
    ),
    model=UserGrade,
)


class TestGrades(ConsumerContract):
    """Of the event that knows the whole grade."""

    sample = GRADES


class TestSummaries(ConsumerContract):
    """Of the event that knows neither the username nor the mode."""

    sample = SUMMARIES
