"""What an event says becomes a record, or names the field that it can't be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from opaque_keys.edx.keys import CourseKey
from openedx_events.data import EventsMetadata

from enterprise_license_sync import mappers
from enterprise_license_sync.consumers import LICENSES, SUBSCRIPTION_PLANS
from enterprise_license_sync.records import (
    LicensedEnrollmentRecord,
    LicenseRecord,
    LicenseStatus,
    PlanStatus,
    SubscriptionPlanRecord,
)
from shared.events.enterprise.signals import (
    LICENSE_ASSIGNED,
    LICENSE_DELETED,
    LICENSED_ENROLLMENT_CHANGED,
    SUBSCRIPTION_PLAN_CHANGED,
    SUBSCRIPTION_PLAN_DELETED,
)
from shared.exceptions import UnmappableEvent
from shared.records import fold_key, layout_of
from shared.testing.factories.enterprise import (
    CATALOG,
    CUSTOMER,
    PLAN,
    LicensedEnrollmentFactory,
    LicenseFactory,
    SubscriptionPlanFactory,
)

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
NAIVE = datetime(2026, 5, 1, 12)
HERE = timezone(timedelta(hours=-5))
LICENSE, FOLLOWER = UUID(int=12), UUID(int=99)
LIBRARY = CourseKey.from_string("library-v1:edX+Tests")
LONG = CourseKey.from_string(f"course-v1:edX+{'x' * 240}+2026")
SECRET = "zebra"
"""Stands in values that no error may show."""


def from_subscription_plan(signal=SUBSCRIPTION_PLAN_CHANGED, **fields):
    """Map an event of a plan."""
    data = {"subscription_plan": SubscriptionPlanFactory(**{"plan_uuid": PLAN} | fields)}
    return mappers.from_subscription_plan(data, EventsMetadata(event_type=signal.event_type))


def from_license(signal=LICENSE_ASSIGNED, **fields):
    """Map an event of a license."""
    data = {"license": LicenseFactory(**{"license_uuid": LICENSE} | fields)}
    return mappers.from_license(data, EventsMetadata(event_type=signal.event_type))


def from_enrollment(**fields):
    """Map an event of an enrollment."""
    wanted = {"license_uuid": LICENSE, "lms_user_id": 7} | fields
    data = {"licensed_enrollment": LicensedEnrollmentFactory(**wanted)}
    metadata = EventsMetadata(event_type=LICENSED_ENROLLMENT_CHANGED.event_type)
    return mappers.from_licensed_enrollment(data, metadata)


def test_plan_is_mapped_whole():
    """Every column has its value."""
    assert from_subscription_plan(renewed_to_uuid=FOLLOWER) == SubscriptionPlanRecord(
        plan_uuid=PLAN,
        title="Tests",
        enterprise_customer_uuid=CUSTOMER,
        enterprise_catalog_uuid=CATALOG,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        expiration_date=datetime(2026, 12, 31, tzinfo=UTC),
        desired_num_licenses=10,
        status=PlanStatus.ACTIVE,
        renewed_to_id=FOLLOWER,
    )


def test_license_is_mapped_whole():
    """Every column has its value."""
    record = from_license(
        status="activated",
        lms_user_id=7,
        user_email="learner@example.com",
        assigned_date=NOON,
        activation_date=NOON + timedelta(days=1),
        revoked_date=NOON + timedelta(days=2),
        renewed_to_uuid=FOLLOWER,
    )
    assert record == LicenseRecord(
        license_uuid=LICENSE,
        plan_id=PLAN,
        status=LicenseStatus.ACTIVATED,
        lms_user_id=7,
        user_email="learner@example.com",
        assigned_date=NOON,
        activation_date=NOON + timedelta(days=1),
        revoked_date=NOON + timedelta(days=2),
        renewed_to_id=FOLLOWER,
    )


@pytest.mark.parametrize("flags", [(True, False), (False, True)])
def test_enrollment_is_mapped_whole(flags):
    """Every column has its value."""
    is_active, is_revoked = flags
    assert from_enrollment(is_active=is_active, is_revoked=is_revoked) == LicensedEnrollmentRecord(
        license_id=LICENSE,
        lms_user_id=7,
        course_key="course-v1:edX+Tests+2026",
        mode="verified",
        is_active=is_active,
        is_revoked=is_revoked,
    )


def test_what_is_not_known_is_none():
    """A license in the pool has nobody, no dates and no follower."""
    record = from_license(status="unassigned", assigned_date=None, user_email=None)
    assert (record.lms_user_id, record.user_email, record.renewed_to_id) == (None, "", None)
    assert (record.assigned_date, record.activation_date, record.revoked_date) == (None, None, None)
    assert from_subscription_plan(enterprise_catalog_uuid=None).enterprise_catalog_uuid is None


@pytest.mark.parametrize("route", SUBSCRIPTION_PLANS.routes, ids=lambda r: r.signal.event_type)
@pytest.mark.parametrize("is_active", [True, False])
def test_status_of_a_plan_is_what_its_data_say(route, is_active):
    """Only its deletion is said by the event's name."""
    expected = PlanStatus.ACTIVE if is_active else PlanStatus.INACTIVE
    if route.signal is SUBSCRIPTION_PLAN_DELETED:
        expected = PlanStatus.DELETED
    assert from_subscription_plan(route.signal, is_active=is_active).status is expected


@pytest.mark.parametrize("route", LICENSES.routes, ids=lambda route: route.signal.event_type)
@pytest.mark.parametrize("status", ["unassigned", "assigned", "activated", "revoked"])
def test_status_of_a_license_is_what_its_data_say(route, status):
    """Only its deletion is said by the event's name."""
    expected = "deleted" if route.signal is LICENSE_DELETED else status
    assert from_license(route.signal, status=status).status is LicenseStatus(expected)


@pytest.mark.parametrize(
    ("status", "kept"),
    [
        ("unassigned", ""),
        ("assigned", "learner@example.com"),
        ("activated", "learner@example.com"),
        ("revoked", ""),
    ],
)
def test_email_is_kept_while_the_license_is_held(status, kept):
    """In lower case; whatever a license that nobody has still says is dropped."""
    record = from_license(status=status, user_email="Learner@Example.COM", lms_user_id=7)
    assert (record.user_email, record.lms_user_id) == (kept, 7)


def test_email_of_a_deleted_license_is_dropped():
    """Its data are what they were, and the row doesn't need them."""
    assert (
        from_license(LICENSE_DELETED, status="activated", user_email="a@b.example").user_email == ""
    )


@pytest.mark.parametrize("email", [None, ""])
def test_email_may_be_missing(email):
    """An empty one is none."""
    assert from_license(user_email=email).user_email == ""


def test_email_that_is_dropped_is_not_looked_into():
    """What isn't kept can't be wrong."""
    assert from_license(status="revoked", user_email="no address").user_email == ""


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"title": ""}, "title"),
        ({"title": SECRET * 52}, "title"),
        ({"title": f"{SECRET}\0"}, "title"),
        ({"desired_num_licenses": -1}, "desired_num_licenses"),
        ({"desired_num_licenses": 2**31}, "desired_num_licenses"),
        ({"start_date": NAIVE}, "start_date"),
        ({"expiration_date": NAIVE}, "expiration_date"),
        ({"expiration_date": datetime(2025, 12, 31, tzinfo=UTC)}, "expiration_date"),
        ({"expiration_date": datetime.max.replace(tzinfo=HERE)}, "expiration_date"),
    ],
)
def test_bad_value_of_a_plan_is_named(fields, name):
    """The error tells the field and never its value."""
    with pytest.raises(UnmappableEvent) as raised:
        from_subscription_plan(**fields)
    assert raised.value.field == f"subscription_plan.{name}"
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"status": "deleted"}, "status"),
        ({"status": "expired"}, "status"),
        ({"status": "Assigned"}, "status"),
        ({"status": ""}, "status"),
        ({"status": SECRET}, "status"),
        ({"lms_user_id": 0}, "lms_user_id"),
        ({"lms_user_id": -7}, "lms_user_id"),
        ({"lms_user_id": 2**63}, "lms_user_id"),
        ({"user_email": SECRET}, "user_email"),
        ({"user_email": f"{SECRET}@"}, "user_email"),
        ({"user_email": f"{SECRET}@b.example, c@d.example"}, "user_email"),
        ({"user_email": f"{SECRET}\0@b.example"}, "user_email"),
        (
            {"user_email": f"{SECRET}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.example"},
            "user_email",
        ),
        ({"assigned_date": NAIVE}, "assigned_date"),
        ({"activation_date": NAIVE}, "activation_date"),
        ({"revoked_date": NAIVE}, "revoked_date"),
    ],
)
def test_bad_value_of_a_license_is_named(fields, name):
    """The error tells the field and never its value."""
    with pytest.raises(UnmappableEvent) as raised:
        from_license(**fields)
    assert raised.value.field == f"license.{name}"
    assert SECRET not in str(raised.value)


def test_bad_status_of_a_deleted_license_is_named():
    """A deletion with data that can't be true isn't believed, either."""
    with pytest.raises(UnmappableEvent, match=r"^license\.status: "):
        from_license(LICENSE_DELETED, status="deleted")


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"lms_user_id": 0}, "lms_user_id"),
        ({"lms_user_id": -7}, "lms_user_id"),
        ({"lms_user_id": 2**63}, "lms_user_id"),
        ({"course_key": LIBRARY}, "course_key"),
        ({"course_key": LONG}, "course_key"),
        ({"mode": ""}, "mode"),
        ({"mode": SECRET * 21}, "mode"),
        ({"mode": f"{SECRET}\0"}, "mode"),
    ],
)
def test_bad_value_of_an_enrollment_is_named(fields, name):
    """The error tells the field and never its value."""
    with pytest.raises(UnmappableEvent) as raised:
        from_enrollment(**fields)
    assert raised.value.field == f"licensed_enrollment.{name}"
    assert SECRET not in str(raised.value)


def test_values_at_the_edge_are_taken():
    """The longest title, no seats or as many as there can be, a plan of one moment."""
    plan = from_subscription_plan(
        title="x" * 255, desired_num_licenses=0, start_date=NOON, expiration_date=NOON
    )
    assert (plan.title, plan.desired_num_licenses) == ("x" * 255, 0)
    assert from_subscription_plan(desired_num_licenses=2**31 - 1).desired_num_licenses == 2**31 - 1
    assert from_license(lms_user_id=2**63 - 1).lms_user_id == 2**63 - 1
    assert from_enrollment(mode="x" * 100).mode == "x" * 100


def test_dates_are_in_utc():
    """Wherever they were written down."""
    elsewhere = NOON.astimezone(HERE)
    assert from_subscription_plan(start_date=elsewhere).start_date.tzinfo is UTC
    assert from_license(assigned_date=elsewhere).assigned_date == NOON


@pytest.mark.parametrize("key", ["edX/Tests/2026", "ccx-v1:edX+Tests+2026+ccx@1"])
def test_course_runs_of_every_kind_are_taken(key):
    """Old-style and CCX keys are those of course runs, too."""
    assert from_enrollment(course_key=CourseKey.from_string(key)).course_key == key


def test_spelling_of_a_course_key_does_not_make_another_row():
    """The LMS looks courses up without regard to case."""
    other = from_enrollment(course_key=CourseKey.from_string("course-v1:EDX+tests+2026"))
    assert fold_key(other.key) == fold_key(from_enrollment().key)


def test_plan_of_an_enrollment_is_no_part_of_its_record():
    """It is the event's key; the license says of which plan it is."""
    assert from_enrollment(plan_uuid=FOLLOWER) == from_enrollment()


@pytest.mark.parametrize("map_event", [from_subscription_plan, from_license, from_enrollment])
def test_every_field_is_plain(map_event):
    """Each event tells the whole state: nothing is observed, and nothing only filled."""
    layout = layout_of(map_event())
    assert (layout.observed, layout.fill_only) == ((), ())
