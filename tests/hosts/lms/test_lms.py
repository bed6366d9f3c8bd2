"""The LMS ends the enrollments that a license no longer pays for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import OperationalError

from enterprise_license_sync.hosts import lms
from enterprise_license_sync.hosts.lms.host import LMS
from enterprise_license_sync.standalone.models import License, SubscriptionPlan
from shared.checks import check_hosts
from shared.events.enterprise.signals import (
    LICENSE_EXPIRED,
    LICENSED_ENROLLMENT_CHANGED,
    SUBSCRIPTION_PLAN_EXPIRED,
    SUBSCRIPTION_PLAN_RENEWED,
)
from shared.exceptions import FatalError, TransientError
from shared.outcomes import Outcome
from shared.testing import deliver, make_event
from tests.hosts.license_manager.events import (
    LEARNER,
    LICENSE,
    OTHER_LICENSE,
    OTHER_PLAN,
    PLAN,
    START,
    at,
    committed,
    enrollment,
    errors,
    license_,
    outcomes,
    plan,
    retry,
)
from tests.hosts.lms.rows import COURSE, enroll, enrollment_of, note_change, paid_by

pytestmark = pytest.mark.django_db

APPLIED, UNCHANGED, STALE, DEAD = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE, Outcome.DEAD
DESTINATIONS: list[Any] = [getattr(lms, name) for name in lms.__all__]
ENROLLMENTS, LICENSES, PLANS = DESTINATIONS
OVER = at(100)


def expired(second: float = 200, **fields: Any) -> Any:
    """Return the event that a plan's end was processed."""
    return plan(second, SUBSCRIPTION_PLAN_EXPIRED, **{"expiration_date": OVER} | fields)


@pytest.fixture
def published() -> Iterator[list[Any]]:
    """The licensed enrollments that the LMS has told of."""
    told: list[Any] = []

    def record(*, licensed_enrollment: Any, **_event: Any) -> None:
        told.append((licensed_enrollment.license_uuid, licensed_enrollment.is_revoked))

    LICENSED_ENROLLMENT_CHANGED.connect(record)
    yield told
    LICENSED_ENROLLMENT_CHANGED.disconnect(record)


@pytest.mark.parametrize(
    ("has_audit", "mode", "is_active"), [(True, "audit", True), (False, "verified", False)]
)
def test_revoked_license_ends_its_enrollments(room, courses, has_audit, mode, is_active):
    """The learner is moved to audit, or unenrolled where there is none; it is noted."""
    courses.has_audit = has_audit
    enroll()
    outcomes(room, plan(0), license_(1, "activated"))
    assert (enrollment_of().mode, paid_by().is_revoked) == ("verified", False)
    assert outcomes(room, license_(5, "revoked")) == [APPLIED]
    assert (enrollment_of().mode, enrollment_of().is_active) == (mode, is_active)
    paid = paid_by()
    assert paid.is_revoked
    assert paid.enterprise_course_enrollment.unenrolled


def test_deleted_license_ends_its_enrollments(room, revoked):
    """It isn't there to pay for them."""
    enroll()
    assert outcomes(room, plan(0), license_(5, "deleted")) == [APPLIED, APPLIED]
    assert revoked() == [LEARNER]


def test_expired_plan_ends_the_enrollments_of_its_licenses(room, revoked):
    """Of all of them, and of no other plan's."""
    for number, uuid in enumerate((LICENSE, OTHER_LICENSE), 1):
        enroll(uuid, user_id=number)
    outcomes(room, plan(0), plan(0, plan_uuid=OTHER_PLAN))
    outcomes(room, license_(1, "activated"))
    outcomes(room, license_(1, "activated", license_uuid=OTHER_LICENSE, plan_uuid=OTHER_PLAN))
    assert outcomes(room, expired()) == [APPLIED]
    assert revoked() == [1]


def test_expired_license_ends_its_enrollments(room, revoked):
    """Told after its plan's end, by whatever status."""
    enroll()
    outcomes(room, plan(0, expiration_date=OVER), license_(1, "activated"))
    event = license_(200, "activated")
    data = event.data["license"]
    assert outcomes(room, make_event(LICENSE_EXPIRED, time=at(200), license=data)) == [UNCHANGED]
    assert revoked() == [LEARNER]


def test_plan_that_is_not_over_ends_nothing(room, revoked):
    """What is told before the end isn't its processing, whatever the clock says by now."""
    enroll()
    assert outcomes(room, plan(0), license_(1, "activated"), expired(99)) == [APPLIED] * 3
    assert revoked() == []


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_order_of_arrival_does_not_matter(room, revoked, order):
    """Plan, license and expiry, each in a batch of its own; parked ones included."""
    enroll()
    told = [plan(0), license_(1, "activated"), expired()]
    for index in order:
        outcomes(room, told[index])
        retry(room, after=timedelta(seconds=1))
    assert revoked() == [LEARNER]


def test_redelivered_event_changes_nothing(room, published):
    """What has been ended is skipped."""
    enroll()
    told = [plan(0), license_(1, "activated"), license_(5, "revoked"), expired()]
    outcomes(room, *told)
    ended, told_of = paid_by().modified, len(published)
    changes = apps.get_model("student", "HistoricalCourseEnrollment").objects.count()
    assert outcomes(room, *told) == [STALE, STALE, UNCHANGED, UNCHANGED]
    assert paid_by().modified == ended
    assert apps.get_model("student", "HistoricalCourseEnrollment").objects.count() == changes
    assert set(published[told_of:]) == {(LICENSE, True)}


def test_event_that_comes_again_ends_what_is_left(room, revoked):
    """As after a rewind, where rows are there from before this destination was chosen."""
    told = [plan(0), license_(5, "revoked")]
    outcomes(room, *told)
    enroll()
    assert outcomes(room, told[1]) == [UNCHANGED]
    assert revoked() == [LEARNER]


def test_older_event_ends_nothing(room, revoked):
    """The license was given anew by a newer one, and so the enrollment is good."""
    outcomes(room, plan(0), license_(10, "activated"))
    enroll(when=at(4))
    assert outcomes(room, license_(5, "revoked")) == [STALE]
    assert revoked() == []


def test_newer_event_opens_nothing(room, revoked):
    """A license that is given again pays for what the learner enrolls in from then on."""
    enroll()
    outcomes(room, plan(0), license_(5, "revoked"), license_(10, "activated"))
    outcomes(room, expired(), plan(300, expiration_date=at(400)))
    assert (enrollment_of().mode, revoked()) == ("audit", [LEARNER])


@pytest.mark.parametrize("told", [license_(5, "revoked"), expired(), license_(200, "activated")])
def test_enrollment_that_changed_since_is_left_alone(room, revoked, told):
    """The learner has paid, or was enrolled anew; nor is it ended when the event comes again."""
    enroll(when=at(101))
    outcomes(room, plan(0, expiration_date=OVER), license_(1, "activated"))
    outcomes(room, told)
    outcomes(room, told)
    outcomes(room, expired(300, title="Other"), license_(300, "revoked", revoked_date=at(5)))
    assert (enrollment_of().mode, revoked()) == ("verified", [])


def test_only_enrollments_that_this_license_paid_for_are_ended(room, revoked):
    """The learner goes on under another license, and with what was bought."""
    enroll()
    enroll(OTHER_LICENSE, course="course-v1:edX+Other+2026")
    outcomes(room, plan(0), license_(5, "revoked"))
    assert enrollment_of(course="course-v1:edX+Other+2026").mode == "verified"
    assert paid_by(OTHER_LICENSE).is_revoked is False
    assert revoked() == [LEARNER]


def test_enrollment_that_was_ended_before_is_skipped(room):
    """The learner has bought the course since, and before the plan was over."""
    enroll(is_revoked=True)
    outcomes(room, plan(0), license_(1, "activated"), expired())
    assert enrollment_of().mode == "verified"


def test_completed_course_is_left_alone(room, courses, revoked):
    """As edx-enterprise leaves it."""
    courses.has_ended = True
    enroll()
    assert outcomes(room, plan(0), license_(5, "revoked")) == [APPLIED, APPLIED]
    assert (enrollment_of().mode, revoked()) == ("verified", [])


def test_course_that_is_gone_is_no_hindrance(room, courses, revoked):
    """The license pays no more; of the others each is ended."""
    courses.gone = {COURSE}
    enroll()
    enroll(OTHER_LICENSE, user_id=8, course="course-v1:edX+Other+2026")
    outcomes(room, plan(0), license_(1), license_(1, license_uuid=OTHER_LICENSE), expired())
    assert revoked() == [LEARNER, 8]
    assert enrollment_of(8, "course-v1:edX+Other+2026").mode == "audit"


def test_learner_who_left_the_customer_is_ended_as_well(room, revoked):
    """edx-enterprise's manager hides them."""
    row = enroll()
    learner = row.enterprise_course_enrollment.enterprise_customer_user
    type(learner)._base_manager.filter(pk=learner.pk).update(linked=False)
    outcomes(room, plan(0), license_(5, "revoked"))
    assert revoked() == [LEARNER]


def test_licenses_are_asked_for_by_the_hundred(room, courses, revoked):
    """As License Manager calls the LMS today."""
    told = [license_(1, license_uuid=UUID(int=1000 + number)) for number in range(101)]
    outcomes(room, plan(0), *told)
    for number in range(101):
        enroll(UUID(int=1000 + number), user_id=1000 + number)
    assert outcomes(room, expired()) == [APPLIED]
    assert (len(revoked()), len(courses.asked)) == (101, 2)


def renewed(second: float = 50) -> Any:
    """Return the event that the plan was renewed."""
    fields = {"expiration_date": OVER, "renewed_to_uuid": OTHER_PLAN}
    return plan(second, SUBSCRIPTION_PLAN_RENEWED, **fields)


def follower(second: float, **fields: Any) -> Any:
    """Return an event of the plan that follows."""
    return plan(second, plan_uuid=OTHER_PLAN, **{"expiration_date": at(1000)} | fields)


def test_renewed_plan_ends_nothing_until_its_follower_is_over(room, revoked):
    """Then also what the first plan's licenses paid for: enrollments stay with their license."""
    enroll()
    outcomes(room, plan(0, expiration_date=OVER), license_(1, "activated"))
    outcomes(room, renewed(), follower(60))
    outcomes(room, expired(200, renewed_to_uuid=OTHER_PLAN))
    assert revoked() == []
    outcomes(room, follower(1001))
    assert revoked() == [LEARNER]


def test_follower_that_is_not_known_is_waited_for(room, revoked):
    """When it comes, and has been told of after its end, it ends what is over."""
    enroll()
    outcomes(room, plan(0), license_(1, "activated"))
    outcomes(room, expired(2000, renewed_to_uuid=OTHER_PLAN))
    assert revoked() == []
    outcomes(room, follower(60))
    assert revoked() == [LEARNER]


def test_plans_renewed_to_each_other_come_to_an_end(room, revoked):
    """Bad data don't keep the worker."""
    enroll()
    outcomes(room, plan(0), license_(1, "activated"), follower(1, renewed_to_uuid=PLAN))
    outcomes(room, expired(2000, renewed_to_uuid=OTHER_PLAN))
    assert revoked() == [LEARNER]


def test_what_the_lms_refuses_buries_its_event_alone(room, courses, revoked):
    """Without the learner's name; a replay ends what is left, for the row has followed it."""
    courses.failure = ValueError("learner-7 can't be enrolled")
    enroll()
    event = license_(5, "revoked")
    outcomes(room, plan(0), license_(1))
    said = errors(room, event, license_(5, license_uuid=OTHER_LICENSE))
    assert said[0].startswith("The event could not be settled: ValueError")
    assert "learner-7" not in said[0]
    assert said[1] == ""
    assert License.objects.get(license_uuid=LICENSE).status == "revoked"
    assert (enrollment_of().mode, revoked()) == ("verified", [])
    courses.failure = None
    assert outcomes(room, event) == [UNCHANGED]
    assert (enrollment_of().mode, revoked()) == ("audit", [LEARNER])


def test_what_the_lms_refuses_is_not_ended_by_a_license_that_is_good_again(room, courses, revoked):
    """The replay is stale by then."""
    courses.failure = ValueError()
    enroll()
    event = license_(5, "revoked")
    assert outcomes(room, plan(0), event) == [APPLIED, DEAD]
    courses.failure = None
    assert outcomes(room, license_(10, "activated"), event) == [APPLIED, STALE]
    assert revoked() == []


REFUSED = "course-v1:edX+Refused+2026"


@pytest.mark.parametrize(
    ("told", "ends", "again"),
    [
        ([license_(5, "revoked")], [DEAD], [UNCHANGED]),
        (
            [license_(5, "revoked", license_uuid=OTHER_LICENSE), license_(5, "revoked")],
            [APPLIED, DEAD],
            [UNCHANGED, UNCHANGED],
        ),
        ([expired()], [DEAD], [UNCHANGED]),
    ],
    ids=["one-license", "two-licenses", "plan"],
)
def test_others_are_told_once_of_what_is_ended(room, courses, told, ends, again):
    """Though another enrollment of the event, or of its neighbour, is refused at first."""
    courses.refuses = {REFUSED}
    enroll(course=REFUSED)
    enroll(OTHER_LICENSE if len(told) > 1 else LICENSE)
    outcomes(room, plan(0), license_(1), license_(1, license_uuid=OTHER_LICENSE))
    assert outcomes(room, *told) == ends
    assert courses.changed == [COURSE]
    courses.refuses.clear()
    assert outcomes(room, *told) == again
    assert courses.changed == [COURSE, REFUSED]


def test_failure_of_the_database_is_no_fault_of_the_event(room, courses):
    """edx-enterprise wraps it; the batch is tried again."""
    courses.failure = OperationalError(1213, "Deadlock found")
    enroll()
    outcomes(room, plan(0))
    with pytest.raises(TransientError):
        deliver(room, license_(5, "revoked"))


def test_code_of_a_failing_database_is_known(room, courses):
    """It is the driver's, whose error lies two below edx-enterprise's: here no such table."""
    driver = sqlite3.connect(":memory:")
    with closing(driver), pytest.raises(sqlite3.OperationalError) as failure:
        driver.execute("SELECT * FROM no_such_table")
    courses.failure = OperationalError()
    courses.failure.__cause__ = failure.value
    enroll()
    outcomes(room, plan(0))
    with pytest.raises(FatalError, match="SQLITE_ERROR"):
        deliver(room, license_(5, "revoked"))


@pytest.mark.parametrize("told", [license_(5, "revoked"), expired()])
def test_what_was_ended_is_announced(room, published, told):
    """It is the LMS's own news, and no echo: once committed, as it is then."""
    enroll()
    outcomes(room, plan(0), license_(1, "activated"))
    published.clear()
    with committed():
        deliver(room, told)
        assert published == []
    assert set(published) == {(LICENSE, True)}


def test_enrollments_are_not_written(room):
    """The LMS told of them itself."""
    assert outcomes(room, enrollment(1)) == [Outcome.FILTERED]


def test_report_reads_what_the_lms_holds(room):
    """Plans and licenses from the room's tables, enrollments from edx-enterprise's."""
    enroll(is_revoked=True)
    events = [plan(0), license_(1), enrollment(2)]
    outcomes(room, *events)
    gone = UUID(int=99)
    for destination, event, missing, name, value in (
        (PLANS, events[0], plan(0, plan_uuid=gone), "status", "active"),
        (LICENSES, events[1], license_(1, license_uuid=gone), "plan_id", PLAN),
    ):
        found, nothing = destination.held([record_of(room, event), record_of(room, missing)])
        assert (found[name], nothing) == (value, None)
    record = record_of(room, events[2])
    assert ENROLLMENTS.held([record, replace(record, lms_user_id=99)]) == [
        {"is_revoked": True},
        None,
    ]


def record_of(room: Any, event: Any) -> Any:
    """Return the record that an event becomes."""
    [route] = [each for c in room.consumers if (each := c.route_for(event.metadata.event_type))]
    return route.to_record(event.data, event.metadata)


@pytest.mark.parametrize("destination", DESTINATIONS)
def test_all_that_is_relied_on_is_there(destination):
    """In edx-enterprise, or in what stands in for it."""
    assert list(destination.problems()) == []


def test_edx_enterprise_outside_an_lms_is_named(monkeypatch, edx_enterprise):
    """There it has none of the LMS's functions."""
    monkeypatch.setattr(edx_enterprise, "get_course_overviews", None)
    [missing] = LMS.missing()
    assert missing.endswith("get_course_overviews")
    assert {message.id for message in check_hosts()} == {"event_sync.E007"}


def test_own_tables_say_what_is_over(room):
    """Their positions guard the order; no other is kept."""
    outcomes(room, plan(0), license_(1))
    assert SubscriptionPlan.objects.get().position.time == START
    assert License.objects.get().position.time == at(1)


def test_change_is_read_from_the_history(room, revoked):
    """Not from a record of edx-enterprise: that of a learner who has paid doesn't change."""
    enroll()
    outcomes(room, plan(0), license_(1, "activated"))
    note_change(enrollment_of(), at(6))
    outcomes(room, license_(5, "revoked"))
    assert revoked() == []
