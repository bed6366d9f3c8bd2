"""Writes grade events as a busy and unreliable LMS would send them. Learners are made up."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeAlias
from uuid import UUID

import attrs
from opaque_keys.edx.keys import CourseKey
from openedx_events.data import EventsMetadata
from openedx_events.learning.data import (
    CourseData,
    CoursePassingStatusData,
    PersistentCourseGradeData,
    UserData,
    UserPersonalData,
)
from openedx_events.learning.signals import (
    COURSE_PASSING_STATUS_UPDATED,
    PERSISTENT_GRADE_SUMMARY_CHANGED,
)
from openedx_events.tooling import OpenEdxPublicSignal

from shared.demo.stream import Run, StockEvent
from shared.events.learning.data import CourseGradeData
from shared.events.learning.signals import COURSE_GRADE_CHANGED

_COURSES = [CourseKey.from_string(f"course-v1:DemoX+{name}+2026") for name in ("Algebra", "Botany")]
_TICK = timedelta(seconds=1)
_COURSE_EDITED = datetime(2026, 1, 5, tzinfo=UTC)
_LETTERS = ((0.9, "A"), (0.75, "B"), (0.6, "C"), (0.0, ""))

_Content: TypeAlias = tuple[OpenEdxPublicSignal, str, dict[str, Any]]
"""What an event says: its signal, the field of its key, its data."""


@dataclass(slots=True)
class _Row:
    """A learner's grade in a course run as it stands, and the times of the events about it."""

    grade: CourseGradeData
    times: list[datetime]


class Author:
    """Writes event after event and remembers what each row was told."""

    def __init__(self, run: Run) -> None:
        self.random = Random(run.seed)
        self._ids = run.ids
        self._now = run.started - run.events * _TICK
        self._rows: list[_Row] = []
        self._last: _Row
        self._sent: list[StockEvent] = []

    def new_grade(self) -> StockEvent:
        """The first grade of a learner in a course run."""
        return self._tell(self._new_row(), _grade)

    def changed_grade(self) -> StockEvent:
        """Another grade for a row."""
        return self._tell(self._changed_row(), _grade)

    def same_fact(self) -> StockEvent:
        """The grade as it stands once more, with an id and a time of its own."""
        return self._tell(self._any_row(), _grade)

    def new_summary(self) -> StockEvent:
        """A summary of a row whose grade event has yet to come, if ever."""
        return self._tell(self._new_row(), _summary)

    def changed_summary(self) -> StockEvent:
        """A summary of another grade for a row."""
        return self._tell(self._changed_row(), _summary)

    def same_id(self) -> StockEvent:
        """An event that was sent before, byte for byte."""
        return self.random.choice(self._sent)

    def late(self) -> StockEvent:
        """Between the two newest events of a row, which may agree, or before the only one."""
        row = self._any_row()
        before, newest = [row.times[-1] - timedelta(hours=1), *row.times][-2:]
        return self._tell_old_news(row, before + (newest - before) / 2)

    def out_of_order(self) -> StockEvent:
        """Overtaken by the event before it."""
        return self._tell_old_news(self._last, self._last.times[-1] - timedelta(milliseconds=1))

    def never_attempted(self) -> StockEvent:
        """A computed zero that the learner has done nothing for."""
        return self.untold(attempted=False, percent_grade=0.0, letter_grade="", passed=False)

    def passing_status(self) -> StockEvent:
        """An event of a type that openedx-events knows and the room does not consume."""
        return self._event(_passing_status(self._any_row().grade), self._tick())

    def untold(self, *, ahead: timedelta = timedelta(0), **changes: Any) -> StockEvent:
        """A change of a row's grade that the row must not follow."""
        grade = attrs.evolve(self._other_grade(self._any_row().grade), **changes)
        return self._event(_grade(grade), self._tick() + ahead)

    def _new_row(self) -> _Row:
        learner, course = divmod(len(self._rows), len(_COURSES))
        blank = CourseGradeData(
            user_id=self._ids[learner],
            username=f"learner-{learner + 1}",
            course_key=_COURSES[course],
            percent_grade=0.0,
            letter_grade="",
            passed=False,
            attempted=True,
            verified=True,
        )
        self._rows.append(_Row(self._other_grade(blank), []))
        return self._rows[-1]

    def _any_row(self) -> _Row:
        return self.random.choice(self._rows)

    def _changed_row(self) -> _Row:
        row = self._any_row()
        row.grade = self._other_grade(row.grade)
        return row

    def _other_grade(self, grade: CourseGradeData) -> CourseGradeData:
        percent = (round(grade.percent_grade * 100) + self.random.randrange(1, 101)) % 101 / 100
        letter = next(letter for least, letter in _LETTERS if percent >= least)
        verified = self.random.random() < 0.9
        return attrs.evolve(
            grade,
            percent_grade=percent,
            letter_grade=letter,
            passed=letter != "",
            verified=verified,
        )

    def _tell(self, row: _Row, says: Callable[[CourseGradeData], _Content]) -> StockEvent:
        self._last = row
        return self._remember(row, self._event(says(row.grade), self._tick()))

    def _tell_old_news(self, row: _Row, time: datetime) -> StockEvent:
        return self._remember(row, self._event(_grade(self._other_grade(row.grade)), time))

    def _remember(self, row: _Row, event: StockEvent) -> StockEvent:
        insort(row.times, event.metadata.time)
        self._sent.append(event)
        return event

    def _event(self, content: _Content, time: datetime) -> StockEvent:
        signal, key_field, data = content
        metadata = EventsMetadata(
            event_type=signal.event_type,
            id=UUID(int=self.random.getrandbits(128), version=4),
            time=time,
            source="openedx/lms/web",
            sourcehost="lms.example.com",
        )
        return StockEvent(signal=signal, key_field=key_field, data=data, metadata=metadata)

    def _tick(self) -> datetime:
        self._now += _TICK
        return self._now


def _grade(grade: CourseGradeData) -> _Content:
    return COURSE_GRADE_CHANGED, "grade.user_id", {"grade": grade}


def _summary(grade: CourseGradeData) -> _Content:
    # Both times are required: see the producer's docs for what the LMS loses by that today.
    summary = PersistentCourseGradeData(
        user_id=grade.user_id,
        course=CourseData(course_key=grade.course_key),
        course_edited_timestamp=_COURSE_EDITED,
        course_version="",
        grading_policy_hash="",
        percent_grade=grade.percent_grade,
        letter_grade=grade.letter_grade,
        passed_timestamp=_COURSE_EDITED,
    )
    return PERSISTENT_GRADE_SUMMARY_CHANGED, "grade.user_id", {"grade": summary}


def _passing_status(grade: CourseGradeData) -> _Content:
    status = CoursePassingStatusData(
        is_passing=grade.passed,
        course=CourseData(course_key=grade.course_key),
        user=UserData(
            id=grade.user_id,
            is_active=True,
            pii=UserPersonalData(username=grade.username, email="", name=""),
        ),
    )
    key_field = "course_passing_status.user.id"
    return COURSE_PASSING_STATUS_UPDATED, key_field, {"course_passing_status": status}
