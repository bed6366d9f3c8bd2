"""Grade events for the tests, and a model of the table that they end in.

The model knows the rule only: the newest event wins its row. It shares no code with the worker.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeAlias

from opaque_keys.edx.keys import CourseKey
from openedx_events.learning.data import CourseData, PersistentCourseGradeData
from openedx_events.learning.signals import PERSISTENT_GRADE_SUMMARY_CHANGED

from shared.events.learning.data import CourseGradeData
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.messages import Event
from shared.testing import make_event

ROOM = "credentials_grades_sync"
TOPIC = "learning-course-grade-lifecycle"
COURSE = "course-v1:edX+Tests+2026"
START = datetime(2026, 1, 1, tzinfo=UTC)

Row: TypeAlias = tuple[str, float, bool, str, bool]
"""Letter, percent, passed, username, verified."""
Table: TypeAlias = dict[tuple[int, str], Row]


@dataclass(frozen=True, kw_only=True)
class Grade:
    """What an event says; ``second`` is its time after ``START``.

    With ``is_summary`` it is the event that knows neither username nor mode.
    """

    learner: int = 1
    course: str = COURSE
    second: float = 0
    percent: int = 50
    partition: int = 0
    is_summary: bool = False

    @property
    def username(self) -> str:
        """The learner's username; it changes with time, as usernames may."""
        return f"learner-{self.learner}-{int(self.second) % 3}"

    @property
    def letter(self) -> str:
        """The letter, empty while failing."""
        return "Pass" if self.percent >= 60 else ""

    def event(self) -> Event:
        """Return the event, with an id of its own."""
        course_key = CourseKey.from_string(self.course)
        shared: dict[str, Any] = {
            "user_id": self.learner,
            "percent_grade": self.percent / 100,
            "letter_grade": self.letter,
        }
        time = START + timedelta(seconds=self.second)
        if self.is_summary:
            return make_event(
                PERSISTENT_GRADE_SUMMARY_CHANGED,
                time=time,
                topic=TOPIC,
                partition=self.partition,
                grade=PersistentCourseGradeData(
                    course=CourseData(course_key=course_key, display_name="Tests"),
                    course_edited_timestamp=START,
                    course_version="1",
                    grading_policy_hash="hash",
                    passed_timestamp=START,
                    **shared,
                ),
            )
        return make_event(
            COURSE_GRADE_CHANGED,
            time=time,
            topic=TOPIC,
            partition=self.partition,
            grade=CourseGradeData(
                username=self.username,
                course_key=course_key,
                passed=self.letter != "",
                attempted=True,
                verified=self.learner % 2 == 0,
                **shared,
            ),
        )


def stream(random: Random, count: int, *, partitions: int = 4) -> list[Grade]:
    """Return grades in order of time, some of them at the same time or twice.

    A learner's grades share a partition, as the event key sees to it on a real bus. About as many
    rows have one event, which must not be lost, as have several, which must not overtake.
    """
    learners = max(count // 3, 1)
    grades: list[Grade] = []
    for number in range(count):
        if grades and random.random() < 0.1:
            grades.append(random.choice(grades[-20:]))
            continue
        learner = random.randint(1, learners)
        grades.append(
            Grade(
                learner=learner,
                course=f"course-v1:edX+Tests+{random.randint(1, 2)}",
                second=number // 3,
                percent=random.randint(0, 100),
                partition=learner % partitions,
                is_summary=random.random() < 0.3,
            )
        )
    return grades


def delayed(random: Random, grades: Iterable[Grade], share: float = 0.2) -> list[Grade]:
    """Return the grades with a share of them late by up to a hundred places."""
    places = [
        (index + (random.randint(1, 100) if random.random() < share else 0), index, grade)
        for index, grade in enumerate(grades)
    ]
    return [grade for *_, grade in sorted(places, key=lambda place: place[:2])]


def table_of(published: Sequence[Grade]) -> Table:
    """Return the table that these grades end in, published in this order."""
    offsets: dict[int, int] = {}
    placed = []
    for grade in published:
        offset = offsets[grade.partition] = offsets.get(grade.partition, -1) + 1
        placed.append((grade.second, grade.partition, offset, grade))
    rows: dict[tuple[int, str], tuple[Grade, Grade | None]] = {}
    for *_, grade in sorted(placed, key=lambda place: place[:3]):
        key = (grade.learner, grade.course)
        _, known = rows.get(key, (None, None))
        rows[key] = (grade, known if grade.is_summary else grade)
    return {key: _row(newest, known) for key, (newest, known) in rows.items()}


def _row(newest: Grade, known: Grade | None) -> Row:
    return (
        newest.letter,
        newest.percent / 100,
        newest.letter != "",
        known.username if known else "",
        known.learner % 2 == 0 if known else True,
    )
