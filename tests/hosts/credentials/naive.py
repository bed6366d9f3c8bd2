"""Destinations as one would write them at first: each falls into a trap of Credentials' tables."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from credentials_grades_sync.records import UserGradeRecord
from shared.outcomes import MissingParent, Outcome, WriteResult
from shared.records import PositionedRecord
from tests.hosts.credentials.rows import grades, objects

Records = Sequence[PositionedRecord[UserGradeRecord]]
Item = PositionedRecord[UserGradeRecord]


def update_or_create(records: Records) -> list[WriteResult]:
    """Write as the REST view does: blindly, under the event's name, to the run of the key."""

    def write(item: Item) -> WriteResult:
        run = objects("catalog.CourseRun").filter(key=item.record.course_key).first()
        if run is None:
            return Outcome.FILTERED
        row = {"username": item.record.username, "course_run": run}
        grades().update_or_create(**row, defaults=_values(item))
        return Outcome.APPLIED

    return [write(item) for item in records]


def update_by_query(records: Records) -> list[WriteResult]:
    """Write what is older than the event, past the model; make what isn't there."""

    def write(item: Item) -> WriteResult:
        run = objects("catalog.CourseRun").get(key=item.record.course_key)
        rows = grades().filter(username=item.record.username, course_run=run)
        if rows.filter(lms_last_updated_at__lt=item.position.time).update(**_values(item)):
            return Outcome.APPLIED
        if rows.exists():
            return Outcome.STALE
        rows.create(username=item.record.username, course_run=run, **_values(item))
        return Outcome.APPLIED

    return [write(item) for item in records]


def compare_as_the_database_does(records: Records) -> list[WriteResult]:
    """Look runs and learners up by the text, and leave it to the database what is equal."""

    def write(item: Item) -> WriteResult:
        run = objects("catalog.CourseRun").filter(key=item.record.course_key).first()
        if run is None:
            return Outcome.FILTERED
        name = item.record.username
        row = grades().filter(username=name, course_run=run).first()
        return _follow(row or grades().model(username=name, course_run=run), item)

    return [write(item) for item in records]


def take_the_first_user(records: Records) -> list[WriteResult]:
    """Let the LMS user id tell who it is, and nobody else have a grade."""

    def write(item: Item) -> WriteResult:
        learner = objects("core.User").filter(lms_user_id=item.record.lms_user_id).first()
        if learner is None:
            return MissingParent("core.User", (item.record.lms_user_id,))
        return _save(item, learner.username)

    return [write(item) for item in records]


def take_the_name(records: Records) -> list[WriteResult]:
    """Let the event's name tell who it is, as long as nothing is known of the LMS user id."""

    def write(item: Item) -> WriteResult:
        learner = objects("core.User").filter(lms_user_id=item.record.lms_user_id).first()
        name = learner.username if learner else item.record.username
        return _save(item, name or "")

    return [write(item) for item in records]


def know_keys_of_today(records: Records) -> list[WriteResult]:
    """Take nothing for a run's key that doesn't begin like one."""

    def write(item: Item) -> WriteResult:
        is_key = item.record.course_key.startswith("course-v1:")
        return _save(item, item.record.username or "") if is_key else Outcome.FILTERED

    return [write(item) for item in records]


def percent_as_it_comes(value: float) -> Decimal:
    """Return a percentage as the event has it."""
    return Decimal(value)


def _save(item: Item, name: str) -> Outcome:
    for run in objects("catalog.CourseRun").filter(key=item.record.course_key):
        row = grades().filter(username=name, course_run=run).first()
        outcome = _follow(row or grades().model(username=name, course_run=run), item)
    return outcome


def _follow(row: Any, item: Item) -> Outcome:
    values, last = _values(item), row.lms_last_updated_at
    if last is not None and item.position.time < last:
        return Outcome.STALE
    if all(getattr(row, name) == value for name, value in values.items()):
        return Outcome.UNCHANGED
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    return Outcome.APPLIED


def _values(item: Item) -> dict[str, Any]:
    values = {name: getattr(item.record, name) for name in ("letter_grade", "percent_grade")}
    is_verified = item.record.verified is not False
    return values | {"verified": is_verified, "lms_last_updated_at": item.position.time}
