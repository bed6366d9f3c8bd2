"""Grades of Credentials that follow events, each guarded by its own ``lms_last_updated_at``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.db import IntegrityError, transaction

from credentials_grades_sync.hosts.credentials.host import (
    CREDENTIALS,
    fold,
    found,
    rows_of,
    spelled,
)
from credentials_grades_sync.records import UserGradeRecord
from shared.exceptions import TransientError
from shared.outcomes import Outcome
from shared.records import PositionedRecord
from shared.upsert import insert_or_update

_MODEL = "records.UserGrade"
_VALUES = ("letter_grade", "percent_grade", "verified")

GradeKey: TypeAlias = tuple[str, int]
"""A username, folded, and the id of a course run."""


@dataclass(slots=True)
class Grade:
    """A grade of Credentials, and what is to be saved of it."""

    row: Any
    is_changed: bool = False
    is_confirmed: bool = False

    @property
    def key(self) -> GradeKey:
        """Whose grade it is, in which run."""
        return fold(self.row.username), self.row.course_run_id

    @property
    def values(self) -> Mapping[str, Any]:
        """What it says, by the names of a record's fields."""
        return {name: getattr(self.row, name) for name in _VALUES}

    def follow(self, item: PositionedRecord[UserGradeRecord]) -> Outcome:
        """Follow an event, unless the row has followed a newer one or a newer REST call."""
        time, last = item.position.time, self.row.lms_last_updated_at
        known = _known(item.record)
        differs = any(self.values[name] != value for name, value in known.items())
        if last is not None and (time < last or (time == last and differs)):
            return Outcome.STALE
        self.is_changed |= differs
        self.is_confirmed |= time != last
        self.row.lms_last_updated_at = time
        for name, value in known.items():
            setattr(self.row, name, value)
        return Outcome.APPLIED if differs else Outcome.UNCHANGED


def new_grade(item: PositionedRecord[UserGradeRecord], username: str, run: int) -> Grade:
    """Return a grade that is yet to be saved."""
    model: Any = CREDENTIALS.model(_MODEL)
    time = item.position.time
    known = _known(item.record)
    return Grade(model(username=username, course_run_id=run, lms_last_updated_at=time, **known))


def grades_of(names: Collection[str], runs: Collection[int], *, lock: bool) -> list[Grade]:
    """Return the grades that are there of these usernames, in whatever case, in these runs."""
    rows = rows_of(_MODEL).filter(course_run__in=runs)
    return [Grade(row) for row in found(spelled(rows, "username", names), lock=lock)]


def save(grades: Sequence[Grade]) -> None:
    """Save what is new or changed as Credentials does; of what is confirmed, only the time.

    Raises ``TransientError`` if somebody else has inserted one of them meanwhile.
    """
    new = [grade for grade in grades if grade.row._state.adding]
    there = [grade for grade in grades if not grade.row._state.adding]
    _insert(new)
    for grade in there:
        if grade.is_changed:
            grade.row.save()
    confirmed = [grade.row for grade in there if grade.is_confirmed and not grade.is_changed]
    CREDENTIALS.model(_MODEL)._default_manager.bulk_update(confirmed, ["lms_last_updated_at"])


def _insert(grades: Sequence[Grade]) -> None:
    try:
        with transaction.atomic():
            for grade in grades:
                grade.row.save(force_insert=True)
    except IntegrityError as error:
        keys = {grade.key for grade in grades}
        rows = rows_of(_MODEL).filter(course_run__in={run for _, run in keys})
        # With a lock: at REPEATABLE READ a plain query would not see them.
        rivals = spelled(rows, "username", {g.row.username for g in grades}).select_for_update()
        if keys.isdisjoint(Grade(row).key for row in rivals):
            _refuse_hidden([grade.row for grade in grades])
            raise
        raise TransientError("Somebody else has inserted the same grade meanwhile.") from error


def _refuse_hidden(rows: list[Any]) -> None:
    """Let PostgreSQL raise, to be tried again, if there are rivals that no query shows it.

    Above READ COMMITTED it hides what was committed since; nothing is written here.
    """
    with transaction.atomic():
        key = ["username", "course_run"]
        insert_or_update(CREDENTIALS.model(_MODEL), rows, match=key, update=["username"])
        transaction.set_rollback(True)


def _known(record: UserGradeRecord) -> dict[str, Any]:
    """Return what a record knows: a summary doesn't know ``verified``."""
    values = {name: getattr(record, name) for name in _VALUES}
    return {name: value for name, value in values.items() if value is not None}
