"""Turns the LMS's enrollments that a license pays for into ``LICENSED_ENROLLMENT_CHANGED``.

An enrollment is three records: edx-enterprise's of the license and of the learner, and the LMS's
own. Whichever changes, all are read once the change is committed, and the newest of their times
is the event's: both are functions of the records, so what was read later is announced as newer, or
as equal, and equal times follow the offset. Only a record that is saved twice at once may go back
in time, where the earlier save is committed last; the next change puts that right.

The license's plan is known from this room's own tables, which the LMS consumes. An enrollment whose
license hasn't come yet is announced when it comes, see ``write_licenses``. There is no outbox.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from django.apps import apps
from django.db import transaction
from django.db.models import Max
from django.db.models.signals import post_save
from openedx_events.learning.data import CourseEnrollmentData
from openedx_events.learning.signals import (
    COURSE_ENROLLMENT_CHANGED,
    COURSE_ENROLLMENT_CREATED,
    COURSE_UNENROLLMENT_COMPLETED,
)
from openedx_events.tooling import SIGNAL_PROCESSED_FROM_EVENT_BUS

from enterprise_license_sync.records import LicenseRecord
from shared.events.enterprise.data import LicensedEnrollmentData
from shared.events.enterprise.signals import LICENSED_ENROLLMENT_CHANGED
from shared.outcomes import Outcome, WriteResult
from shared.producing import do_on_commit, harmless, publish_on_commit
from shared.records import PositionedRecord

Row: TypeAlias = Any
"""A row of a model of the LMS or of edx-enterprise, which can't be imported here."""

_CHUNK = 500
_ENROLLMENT = "enterprise_course_enrollment"
_LEARNER = f"{_ENROLLMENT}__enterprise_customer_user"


def connect() -> None:
    """Connect the receivers. The license's record is made last, after the enrollment's signals."""
    for signal in (
        COURSE_ENROLLMENT_CREATED,
        COURSE_ENROLLMENT_CHANGED,
        COURSE_UNENROLLMENT_COMPLETED,
    ):
        signal.connect(_publish_enrollment, dispatch_uid=__name__)
    for model, receiver in (
        ("LicensedEnterpriseCourseEnrollment", _publish_licensed),
        ("EnterpriseCourseEnrollment", _publish_enterprise),
    ):
        post_save.connect(receiver, sender=f"enterprise.{model}", dispatch_uid=__name__)


def write_licenses(records: Sequence[PositionedRecord[LicenseRecord]]) -> list[WriteResult]:
    """Write licenses as the room's own destination does, then announce what they pay for.

    An enrollment looks for its license after its own commit, and a license for its enrollments
    after its own: whichever is later finds the other. A license that was there already counts,
    too: after a crash in between it comes again. One that was parked doesn't, for its offset was
    committed long before: see ``publish_enrollments``.
    """
    from enterprise_license_sync.standalone import destination

    results = destination.write_licenses(records)
    licenses = {
        item.record.license_uuid
        for item, result in zip(records, results, strict=True)
        if result in (Outcome.APPLIED, Outcome.UNCHANGED)
    }

    @harmless
    def send_enrollments() -> None:
        _send(license_uuid__in=licenses)

    if licenses:
        # Past ``silenced``, in which destinations are called: these don't come from the bus.
        transaction.on_commit(send_enrollments)
    return results


def publish_enrollments(licenses: Iterable[UUID]) -> None:
    """Publish, on commit, the enrollments that these licenses pay for, as of their own records.

    Nothing is published of a license that isn't in this room's tables yet.
    """
    keys = list(licenses)
    for start in range(0, len(keys), _CHUNK):
        _publish(license_uuid__in=keys[start : start + _CHUNK])


@harmless
def _publish_enrollment(*, enrollment: CourseEnrollmentData, **signal: object) -> None:
    if not signal.get(SIGNAL_PROCESSED_FROM_EVENT_BUS):
        wanted = {
            f"{_LEARNER}__user_id": enrollment.user.id,
            f"{_ENROLLMENT}__course_id": str(enrollment.course.course_key),
        }
        _publish(**wanted)


@harmless
def _publish_licensed(*, instance: Row, **_signal: object) -> None:
    _publish(pk=instance.pk)


@harmless
def _publish_enterprise(*, instance: Row, **_signal: object) -> None:
    _publish(**{_ENROLLMENT: instance.pk})


def _publish(**wanted: object) -> None:
    def send_enrollments() -> None:
        _send(**wanted)

    do_on_commit(send_enrollments)


def _send(**wanted: object) -> None:
    # .. event_implemented_name: LICENSED_ENROLLMENT_CHANGED
    # .. event_type: org.openedx.enterprise.licensed_enrollment.changed.v1
    for data, time in _read(**wanted):
        publish_on_commit(LICENSED_ENROLLMENT_CHANGED, time=time, licensed_enrollment=data)


def _read(**wanted: object) -> Iterator[tuple[LicensedEnrollmentData, datetime]]:
    """Yield what is whole by now: its license is known, and the learner was enrolled in the LMS.

    It takes one query where no license pays, which is nearly always, and four however many do.
    """
    licensed = apps.get_model("enterprise", "LicensedEnterpriseCourseEnrollment").objects
    # One that has only an entitlement has no course run.
    wanted[f"{_ENROLLMENT}__isnull"] = False
    rows: list[Row] = list(licensed.filter(**wanted).select_related(_LEARNER))
    plans = _plans_of({row.license_uuid for row in rows})
    rows = [row for row in rows if row.license_uuid in plans]
    enrollments = _enrollments_of({_key(row) for row in rows})
    changed = _changes_of({enrollment.pk for enrollment in enrollments.values()})
    for row in rows:
        if enrollment := enrollments.get(_key(row)):
            enrolled = changed.get(enrollment.pk, enrollment.created)
            times = (row.modified, row.enterprise_course_enrollment.modified, enrolled)
            data = _data(row, plans[row.license_uuid], enrollment)
            yield data, max(time for time in times if time)


def _data(row: Row, plan_uuid: UUID, enrollment: Row) -> LicensedEnrollmentData:
    return LicensedEnrollmentData(
        license_uuid=row.license_uuid,
        plan_uuid=plan_uuid,
        lms_user_id=enrollment.user_id,
        course_key=enrollment.course_id,
        mode=enrollment.mode,
        is_active=enrollment.is_active,
        is_revoked=row.is_revoked,
    )


def _key(row: Row) -> tuple[int, str]:
    enrollment = row.enterprise_course_enrollment
    return enrollment.enterprise_customer_user.user_id, enrollment.course_id


def _plans_of(licenses: Collection[UUID]) -> dict[UUID, UUID]:
    from enterprise_license_sync.standalone.models import License

    known = License.objects.filter(license_uuid__in=licenses)
    return dict(known.values_list("license_uuid", "plan__plan_uuid"))


def _enrollments_of(keys: Collection[tuple[int, str]]) -> dict[tuple[int, str], Row]:
    """Return the LMS's own enrollments; all of these learners' are read, few as they are."""
    model = apps.get_model("student", "CourseEnrollment")
    found = model.objects.filter(user_id__in={user_id for user_id, _ in keys})
    by_key = {(row.user_id, str(row.course_id)): row for row in found}
    return {key: by_key[key] for key in keys if key in by_key}


def _changes_of(enrollments: Collection[int]) -> dict[int, datetime]:
    """Return when enrollments last changed: they have no time of their own, only a history."""
    history = apps.get_model("student", "HistoricalCourseEnrollment").objects
    entries = history.filter(id__in=enrollments)
    return dict(entries.values_list("id").annotate(Max("history_date")))
