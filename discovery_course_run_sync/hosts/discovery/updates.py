"""Lets the rows of a course run follow its newest event, and with them what hangs on its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from discovery_course_run_sync.hosts.discovery.host import (
    DISCOVERY,
    PUSH_SEATS,
    save_quietly,
    unknown_type,
)
from discovery_course_run_sync.hosts.discovery.values import status_for, title_of, values_of
from discovery_course_run_sync.records import CourseRunRecord
from shared.outcomes import Outcome


def update(rows: Sequence[Any], record: CourseRunRecord, partner: Any) -> Outcome:
    """Save those rows that don't say what the record says; the draft and the official one alike."""
    values = values_of(record) | status_for(partner)
    rescheduled = [row for row in rows if row.end != record.end]
    saved = [row for row in rows if _save_changes(row, values)]
    retitled = [row for row in rows if _retitle_course(row, record, partner)]
    for row in rescheduled:
        _set_upgrade_deadlines(row)
    if rescheduled:
        _push_seats(rows)
    return Outcome.APPLIED if saved or retitled else Outcome.UNCHANGED


def _save_changes(row: Any, values: Mapping[str, Any]) -> bool:
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        row.type = row.type or unknown_type()  # without one Discovery can't save it
        save_quietly(row)
    return bool(changed)


def _retitle_course(row: Any, record: CourseRunRecord, partner: Any) -> bool:
    """Give the course that this run stands for its title, where nobody else has given it one."""
    course = getattr(row, "canonical_for_course", None)
    if course is None or course.title == title_of(record):
        return False
    if partner.uses_publisher and course.title is not None:
        return False
    # A course saves all of its runs as it finds them: no other worker shall change one meanwhile.
    list(course.course_runs.select_for_update().order_by("pk"))
    # It saves all of itself, too: what was read before the lock would undo what others have saved.
    course = type(course).everything.select_for_update().get(pk=course.pk)
    course.title = title_of(record)
    course.save()
    return True


def _set_upgrade_deadlines(row: Any) -> None:
    """Move the deadlines with the end, as the loader does; ``save()`` has dropped the overrides."""
    for seat in row.seats.filter(type__slug="verified") if row.end else ():
        seat.upgrade_deadline = row.get_seat_default_upgrade_deadline(seat.type)
        seat.save()


def _push_seats(rows: Sequence[Any]) -> None:
    """Tell E-Commerce, where there is one, once it is committed; a failure is logged."""
    official = next((row for row in rows if not row.draft), None)
    overridden = rows[0].seats.filter(upgrade_deadline_override__isnull=False)
    if official and official.seats.exists() and not overridden.exists():

        def push() -> None:
            DISCOVERY.function(PUSH_SEATS)(official)

        # Not a partial: to report a failure, Django needs a name.
        transaction.on_commit(push, robust=True)
