"""Plans, licenses and enrollments arrive as they were sent, values that are falsy included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import attrs
import pytest
from edx_event_bus_kafka.internal.producer import extract_key_schema
from opaque_keys.edx.keys import CourseKey
from openedx_events.event_bus.avro.deserializer import deserialize_bytes_to_event_data
from openedx_events.event_bus.avro.serializer import (
    AvroSignalSerializer,
    serialize_event_data_to_bytes,
)

from shared.events.enterprise import signals
from shared.events.enterprise.data import (
    LicenseData,
    LicensedEnrollmentData,
    SubscriptionPlanData,
)
from tests.shared.events import golden

DECLARED = [each for each in golden.declared_signals() if each.module is signals]
NOON = datetime(2026, 5, 1, 12, 0, 0, 6, tzinfo=UTC)
UUIDS = [UUID(int=number) for number in range(1, 6)]

BARE_PLAN = SubscriptionPlanData(
    plan_uuid=UUIDS[0],
    title="",
    enterprise_customer_uuid=UUIDS[1],
    start_date=NOON,
    expiration_date=NOON,
    is_active=False,
    desired_num_licenses=0,
    enterprise_catalog_uuid=None,
    renewed_to_uuid=None,
)
FULL_PLAN = attrs.evolve(
    BARE_PLAN,
    title="Team 7, één",
    is_active=True,
    desired_num_licenses=2**31 - 1,
    enterprise_catalog_uuid=UUIDS[2],
    renewed_to_uuid=UUIDS[3],
)
BARE_LICENSE = LicenseData(
    license_uuid=UUIDS[4],
    plan_uuid=UUIDS[0],
    status="unassigned",
    lms_user_id=None,
    user_email=None,
    assigned_date=None,
    activation_date=None,
    revoked_date=None,
    renewed_to_uuid=None,
)
FULL_LICENSE = attrs.evolve(
    BARE_LICENSE,
    status="revoked",
    lms_user_id=2**63 - 1,
    user_email="Learner@example.com",
    assigned_date=NOON,
    activation_date=NOON.astimezone(timezone(timedelta(hours=-5))),
    revoked_date=NOON,
    renewed_to_uuid=UUIDS[3],
)
BARE_ENROLLMENT = LicensedEnrollmentData(
    license_uuid=UUIDS[4],
    plan_uuid=UUIDS[0],
    lms_user_id=1,
    course_key=CourseKey.from_string("course-v1:Org+Course+Run"),
    mode="",
    is_active=False,
    is_revoked=False,
)
FULL_ENROLLMENT = attrs.evolve(
    BARE_ENROLLMENT,
    course_key=CourseKey.from_string("Org/Course/Run"),
    mode="verified",
    is_active=True,
    is_revoked=True,
)
DATA: dict[type, list[Any]] = {
    SubscriptionPlanData: [BARE_PLAN, FULL_PLAN],
    LicenseData: [BARE_LICENSE, FULL_LICENSE],
    LicensedEnrollmentData: [BARE_ENROLLMENT, FULL_ENROLLMENT],
}


def over_the_wire(signal, **data):
    """Return what arrives of an event's data."""
    return deserialize_bytes_to_event_data(serialize_event_data_to_bytes(data, signal), signal)


@pytest.mark.parametrize("declared", DECLARED, ids=lambda declared: declared.name)
@pytest.mark.parametrize("index", [0, 1], ids=["every value falsy", "every value truthy"])
def test_data_survives_the_wire(declared, index):
    """Encoded and decoded, each event's data is the same."""
    ((name, data_class),) = declared.signal.init_data.items()
    data = DATA[data_class][index]
    assert over_the_wire(declared.signal, **{name: data}) == {name: data}


@pytest.mark.parametrize(
    ("data_class", "optional"),
    [
        (SubscriptionPlanData, {"enterprise_catalog_uuid", "renewed_to_uuid"}),
        (
            LicenseData,
            {
                "lms_user_id",
                "user_email",
                "assigned_date",
                "activation_date",
                "revoked_date",
                "renewed_to_uuid",
            },
        ),
        (LicensedEnrollmentData, set()),
    ],
)
def test_values_with_a_falsy_meaning_have_no_default(data_class, optional):
    """What may be left out is None then: openedx-events decodes a falsy value as the default."""
    defaults = {field.name: field.default for field in attrs.fields(data_class)}
    assert {name for name, default in defaults.items() if default is None} == optional
    assert all(defaults[name] is attrs.NOTHING for name in defaults.keys() - optional)


@pytest.mark.parametrize(
    ("field", "falsy"), [("lms_user_id", 0), ("user_email", "")], ids=["user id", "email"]
)
def test_falsy_value_of_an_optional_field_arrives_as_none(field, falsy):
    """User id 0 and an empty email mean nobody, and say so on arrival."""
    data = attrs.evolve(BARE_LICENSE, **{field: falsy})
    arrived = over_the_wire(signals.LICENSE_CREATED, license=data)
    assert arrived == {"license": BARE_LICENSE}


def test_all_events_are_declared():
    """Five of a plan, seven of a license, one of an enrollment."""
    assert {each.name for each in DECLARED} == {
        *(f"SUBSCRIPTION_PLAN_{verb}" for verb in ("CREATED", "CHANGED", "EXPIRED", "RENEWED")),
        "SUBSCRIPTION_PLAN_DELETED",
        *(f"LICENSE_{verb}" for verb in ("CREATED", "ASSIGNED", "ACTIVATED", "REVOKED")),
        *(f"LICENSE_{verb}" for verb in ("EXPIRED", "RENEWED", "DELETED")),
        "LICENSED_ENROLLMENT_CHANGED",
    }


def test_all_events_have_one_key_schema():
    """The key's bytes hold the schema's id: one schema, one partition for a plan's family."""
    schemas = {
        extract_key_schema(AvroSignalSerializer(each.signal), f"{name}.plan_uuid")
        for each in DECLARED
        for name in each.signal.init_data
    }
    assert len(schemas) == 1
