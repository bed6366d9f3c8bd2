"""What the table must be after a stream of grade events.

Written without the room's mappers and ``shared.upsert``, for it is there to contradict them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from credentials_grades_sync.standalone.models import UserGrade
from shared.demo.part import AnyOf, Table
from shared.demo.stream import Landed, Place, Run, StockEvent
from shared.events.learning.signals import COURSE_GRADE_CHANGED


class _Said(NamedTuple):
    """What one event says of a learner's grade in a course run; the fields in order decide."""

    time: datetime
    place: Place
    grade: tuple[str, Decimal, bool]
    learner: tuple[str, bool] | None
    """Username and verified, where the event knows them."""


def expected_rows(landed: Iterable[Landed]) -> Table:
    """Say what the rows must be: the newest event by time, then place, wins its row."""
    said: dict[tuple[object, ...], list[_Said]] = defaultdict(list)
    for planned, place in landed:
        # The others end as FILTERED, IGNORED or DEAD, whatever the row is.
        if planned.kind.ends_as is None and isinstance(planned.message, StockEvent):
            key, saying = _read(planned.message, place)
            said[key].append(saying)
    return {key: _row(sorted(sayings)) for key, sayings in said.items()}


def stored_rows(run: Run) -> Table:
    """Read the rows of the run's learners."""
    rows = UserGrade.objects.filter(lms_user_id__gte=run.ids.start, lms_user_id__lt=run.ids.stop)
    return {(row["lms_user_id"], row["course_key"]): row for row in rows.values()}


def _read(event: StockEvent, place: Place) -> tuple[tuple[object, ...], _Said]:
    data: Any = event.data["grade"]
    percent = Decimal(f"{data.percent_grade:.4f}")
    time = event.metadata.time
    if event.signal is COURSE_GRADE_CHANGED:
        grade = (data.letter_grade, percent, data.passed)
        learner = (data.username, data.verified)
        return (data.user_id, str(data.course_key)), _Said(time, place, grade, learner)
    grade = (data.letter_grade, percent, data.letter_grade != "")
    return (data.user_id, str(data.course.course_key)), _Said(time, place, grade, None)


def _row(sayings: list[_Said]) -> dict[str, object]:
    newest = sayings[-1].grade
    letter_grade, percent_grade, passed = newest
    username, verified = next((s.learner for s in reversed(sayings) if s.learner), ("", True))
    return {
        "letter_grade": letter_grade,
        "percent_grade": percent_grade,
        "passed": passed,
        "username": username,
        "verified": verified,
        # An event that repeats the grade doesn't move it, and what repeats depends on arrival.
        "graded_at": AnyOf(frozenset(s.time for s in sayings if s.grade == newest)),
    }
