"""What the table must be after a stream of grade events.

Written without the room's mappers and ``shared.upsert``, for it is there to contradict them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from credentials_grades_sync.standalone.models import UserGrade
from shared.demo.history import RowKey, histories
from shared.demo.part import AnyOf, Table
from shared.demo.stream import Landed, Run, StockEvent
from shared.events.learning.signals import COURSE_GRADE_CHANGED


class _Grade(NamedTuple):
    letter: str
    percent: Decimal
    passed: bool


def expected_rows(landed: Iterable[Landed]) -> Table:
    """Say what the rows must be: the newest event wins its row."""
    return {key: _row(events) for key, events in histories(landed, _key).items()}


def stored_rows(run: Run) -> Table:
    """Read the rows of the run's learners."""
    rows = UserGrade.objects.filter(lms_user_id__gte=run.ids.start, lms_user_id__lt=run.ids.stop)
    return {(row["lms_user_id"], row["course_key"]): row for row in rows.values()}


def _key(event: StockEvent) -> RowKey:
    data: Any = event.data["grade"]
    course = data if event.signal is COURSE_GRADE_CHANGED else data.course
    return (data.user_id, str(course.course_key))


def _row(events: Sequence[StockEvent]) -> dict[str, object]:
    newest = _grade(events[-1])
    username, verified = next(filter(None, map(_learner, reversed(events))), ("", True))
    return {
        "letter_grade": newest.letter,
        "percent_grade": newest.percent,
        "passed": newest.passed,
        "username": username,
        "verified": verified,
        # An event that repeats the grade doesn't move it, and what repeats depends on arrival.
        "graded_at": AnyOf(frozenset(e.metadata.time for e in events if _grade(e) == newest)),
    }


def _grade(event: StockEvent) -> _Grade:
    data: Any = event.data["grade"]
    is_whole = event.signal is COURSE_GRADE_CHANGED
    passed = data.passed if is_whole else data.letter_grade != ""
    return _Grade(data.letter_grade, Decimal(f"{data.percent_grade:.4f}"), passed)


def _learner(event: StockEvent) -> tuple[str, bool] | None:
    """Return username and verified, where the event knows them."""
    data: Any = event.data["grade"]
    return (data.username, data.verified) if event.signal is COURSE_GRADE_CHANGED else None
