"""Destinations as one would write them at first: each falls into a trap of Discovery's tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from discovery_course_run_sync.hosts.discovery.values import values_of
from discovery_course_run_sync.records import CourseRunRecord
from shared.applied import apply_in_order
from shared.outcomes import Outcome, WriteResult
from shared.records import PositionedRecord
from tests.hosts.discovery.rows import model

Records = Sequence[PositionedRecord[CourseRunRecord]]
Item = PositionedRecord[CourseRunRecord]


def update_or_create(records: Records) -> list[WriteResult]:
    """Write what the default manager shows."""

    def write(item: Item) -> Outcome:
        record = item.record
        course = model("Course").everything.last()
        values = values_of(record) | {"course": course}
        model("CourseRun").objects.update_or_create(key=record.course_key, defaults=values)
        return Outcome.APPLIED

    return apply_in_order("course-runs", records, write)


def update_by_query(records: Records) -> list[WriteResult]:
    """Write both rows, past their model."""

    def write(item: Item) -> Outcome:
        rows = model("CourseRun").everything.filter(key=item.record.course_key)
        rows.update(**values_of(item.record))
        return Outcome.APPLIED

    return apply_in_order("course-runs", records, write)


def save_plainly(records: Records) -> list[WriteResult]:
    """Save both rows as any model is saved."""
    return apply_in_order("course-runs", records, lambda item: _save(item))


def save_unpublished(records: Records) -> list[WriteResult]:
    """Save both rows as the loader does, mails included, with the status that it sets."""

    def write(item: Item) -> Outcome:
        return _save(item, {"status": "published"}, suppress_publication=True)

    return apply_in_order("course-runs", records, write)


def save_what_is_known(records: Records) -> list[WriteResult]:
    """Leave alone what the event has no value for."""

    def write(item: Item) -> Outcome:
        empty = {name: None for name, value in values_of(item.record).items() if value is None}
        return _save(item, without=tuple(empty), suppress_publication=True, send_emails=False)

    return apply_in_order("course-runs", records, write)


def save_as_it_comes(records: Records) -> list[WriteResult]:
    """Take the event that arrives last for the newest."""
    return [_save(item, suppress_publication=True, send_emails=False) for item in records]


def _save(
    item: Item,
    more: dict[str, Any] | None = None,
    *,
    without: tuple[str, ...] = (),
    **how: bool,
) -> Outcome:
    for run in model("CourseRun").everything.filter(key__iexact=item.record.course_key):
        for name, value in (values_of(item.record) | (more or {})).items():
            if name not in without:
                setattr(run, name, value)
        run.save(**how)
    return Outcome.APPLIED
