"""Samples of the enterprise events, and the rows that they become."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from opaque_keys.edx.keys import CourseKey
from openedx_events.tooling import OpenEdxPublicSignal

from enterprise_license_sync.consumers import LICENSED_ENROLLMENTS, LICENSES, SUBSCRIPTION_PLANS
from enterprise_license_sync.standalone.models import License, LicensedEnrollment, SubscriptionPlan
from shared.events.enterprise.signals import (
    LICENSE_DELETED,
    LICENSED_ENROLLMENT_CHANGED,
    SUBSCRIPTION_PLAN_DELETED,
)
from shared.testing.factories.enterprise import (
    CATALOG,
    CUSTOMER,
    LicensedEnrollmentFactory,
    LicenseFactory,
    SubscriptionPlanFactory,
)
from tests.contract import bad_values, odd_values
from tests.contract.sample import Bad, Odd, Sample, State, parent_number

FOLLOWER = UUID(int=4)
FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
SEEN = frozenset({"previous_status"})


def plan_uuid(number: int) -> UUID:
    """Return the UUID of a plan."""
    return UUID(int=0x100 + number)


def license_uuid(number: int) -> UUID:
    """Return the UUID of a license."""
    return UUID(int=0x200 + number)


def _plan(signal: OpenEdxPublicSignal) -> Sample:
    is_deleted = signal is SUBSCRIPTION_PLAN_DELETED
    return Sample(
        consumer=SUBSCRIPTION_PLANS,
        signal=signal,
        factory=SubscriptionPlanFactory,
        model=SubscriptionPlan,
        identify=lambda number: {"plan_uuid": plan_uuid(number)},
        named=lambda number: {"plan_uuid": plan_uuid(number)},
        says={
            "title": "Tests",
            "enterprise_customer_uuid": CUSTOMER,
            "enterprise_catalog_uuid": CATALOG,
            "start_date": datetime(2026, 1, 1, tzinfo=UTC),
            "expiration_date": datetime(2026, 12, 31, tzinfo=UTC),
            "desired_num_licenses": 10,
            "status": "deleted" if is_deleted else "active",
            "renewed_to_id": None,
        },
        changes=(
            State(
                fields={"title": "Renewed", "renewed_to_uuid": FOLLOWER, "is_active": False},
                says={"title": "Renewed", "renewed_to_id": FOLLOWER}
                | ({} if is_deleted else {"status": "inactive"}),
            ),
            State(
                fields={
                    "enterprise_customer_uuid": FOLLOWER,
                    "enterprise_catalog_uuid": None,
                    "start_date": FEBRUARY,
                    "expiration_date": FEBRUARY,
                    "desired_num_licenses": 0,
                },
            ),
        ),
        seen=SEEN,
        bad={
            **bad_values.uuids("plan_uuid", "enterprise_customer_uuid"),
            **bad_values.uuids("enterprise_catalog_uuid", "renewed_to_uuid", optional=True),
            **bad_values.texts("title", max_length=255),
            **bad_values.counts("desired_num_licenses"),
            **bad_values.times("start_date", "expiration_date"),
            "expiration before start": Bad(
                "expiration_date",
                "2025-12-31T23:59:59+00:00",
                "is before start_date",
            ),
            "expiration before start in another zone": Bad(
                "expiration_date",
                "2026-01-01T01:00:00+02:00",
                "is before start_date",
            ),
        },
        odd={
            **odd_values.uuids("plan_uuid"),
            **odd_values.nothing("enterprise_catalog_uuid"),
            **odd_values.nothing("renewed_to_uuid", column="renewed_to_id"),
            **odd_values.longest_text("title", 255),
            "no seats": Odd({"desired_num_licenses": 0}, {"desired_num_licenses": 0}),
            "as many seats as the column holds": Odd(
                {"desired_num_licenses": 2**31 - 1},
                {"desired_num_licenses": 2**31 - 1},
            ),
            "a plan that ends as it starts": Odd(
                {"expiration_date": "2026-01-01T00:00:00+00:00"},
                {"expiration_date": datetime(2026, 1, 1, tzinfo=UTC)},
            ),
        },
    )


def _license(signal: OpenEdxPublicSignal) -> Sample:
    # The email of a license that nobody holds is neither looked into nor kept.
    is_deleted = signal is LICENSE_DELETED
    gone = {"status": "deleted"} if is_deleted else {}
    return Sample(
        consumer=LICENSES,
        signal=signal,
        factory=LicenseFactory,
        model=License,
        identify=lambda number: {
            "license_uuid": license_uuid(number),
            "plan_uuid": plan_uuid(parent_number(number)),
            "user_email": f"Learner-{number}@Example.com",
        },
        named=lambda number: {
            "license_uuid": license_uuid(number),
            "plan_id": plan_uuid(parent_number(number)),
            "user_email": "" if is_deleted else f"learner-{number}@example.com",
        },
        says={
            "status": "assigned",
            "lms_user_id": None,
            "assigned_date": datetime(2026, 1, 2, tzinfo=UTC),
            "activation_date": None,
            "revoked_date": None,
            "renewed_to_id": None,
            **gone,
        },
        changes=(
            State(
                fields={"status": "activated", "lms_user_id": 7, "activation_date": FEBRUARY},
                says={"status": "activated", "lms_user_id": 7, "activation_date": FEBRUARY} | gone,
            ),
            State(
                fields={
                    "status": "revoked",
                    "assigned_date": None,
                    "revoked_date": FEBRUARY,
                    "renewed_to_uuid": FOLLOWER,
                },
                says={
                    "status": "revoked",
                    "user_email": "",
                    "assigned_date": None,
                    "revoked_date": FEBRUARY,
                    "renewed_to_id": FOLLOWER,
                    **gone,
                },
            ),
        ),
        seen=SEEN,
        parent=PLANS[0],
        bad={
            **bad_values.uuids("license_uuid", "plan_uuid"),
            **bad_values.uuids("renewed_to_uuid", optional=True),
            **bad_values.choices(
                "status",
                "deleted",
                "Assigned",
                "expired",
                known="unassigned, assigned, activated, revoked",
            ),
            **bad_values.ids("lms_user_id", optional=True),
            **({} if is_deleted else bad_values.emails("user_email")),
            **bad_values.times("assigned_date", "activation_date", "revoked_date", optional=True),
        },
        odd={
            **odd_values.uuids("license_uuid"),
            **odd_values.largest_id("lms_user_id"),
            **odd_values.nothing("lms_user_id", value=0),
            **odd_values.nothing("assigned_date", "activation_date", "revoked_date"),
            **odd_values.nothing("renewed_to_uuid", column="renewed_to_id"),
            "an empty email is none": Odd({"user_email": ""}, {"user_email": ""}),
            "an email in capitals": Odd(
                {"user_email": "LEARNER-1@EXAMPLE.COM"},
                {"user_email": "" if is_deleted else "learner-1@example.com"},
            ),
            "a bad email that nobody needs": Odd(
                {"status": "revoked", "user_email": "learner"}, {"user_email": ""}
            ),
            "revoked before it was assigned": Odd(
                {"revoked_date": "2025-01-01T00:00:00+00:00"},
                {"revoked_date": datetime(2025, 1, 1, tzinfo=UTC)},
            ),
        },
        unread=frozenset({"user_email"} if is_deleted else ()),
    )


PLANS = tuple(_plan(route.signal) for route in SUBSCRIPTION_PLANS.routes)
LICENSED = tuple(_license(route.signal) for route in LICENSES.routes)
ENROLLMENT = Sample(
    consumer=LICENSED_ENROLLMENTS,
    signal=LICENSED_ENROLLMENT_CHANGED,
    factory=LicensedEnrollmentFactory,
    model=LicensedEnrollment,
    identify=lambda number: {
        "license_uuid": license_uuid(parent_number(number)),
        "plan_uuid": plan_uuid(parent_number(parent_number(number))),
        "lms_user_id": number,
        "course_key": CourseKey.from_string(f"course-v1:edX+Tests+{number}"),
    },
    named=lambda number: {
        "license_id": license_uuid(parent_number(number)),
        "lms_user_id": number,
        "course_key": f"course-v1:edX+Tests+{number}",
    },
    says={
        "mode": "verified",
        "is_active": True,
        "is_revoked": False,
    },
    changes=(
        State(fields={"mode": "audit", "is_revoked": True}),
        State(fields={"is_active": False}),
    ),
    parent=LICENSED[0],
    bad={
        **bad_values.uuids("license_uuid", "plan_uuid"),
        **bad_values.ids("lms_user_id"),
        **bad_values.course_keys("course_key"),
        **bad_values.texts("mode", max_length=100),
        "a library": Bad(
            "course_key",
            "library-v1:edX+Tests",
            "is not the key of a course run",
        ),
    },
    odd={
        **odd_values.largest_id("lms_user_id"),
        **odd_values.course_keys("course_key"),
        **odd_values.custom_course("course_key"),
        **odd_values.longest_text("mode", 100),
        "a mode that nobody knows": Odd({"mode": "gold"}, {"mode": "gold"}),
    },
)
SAMPLES = (*PLANS, *LICENSED, ENROLLMENT)
