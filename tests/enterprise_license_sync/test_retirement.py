"""A retired learner's email and id leave the licenses, and no way brings them back."""

from __future__ import annotations

from dataclasses import fields

import pytest

from enterprise_license_sync.consumers import LICENSED_ENROLLMENTS, LICENSES, SUBSCRIPTION_PLANS
from enterprise_license_sync.records import (
    LicensedEnrollmentRecord,
    LicenseRecord,
    SubscriptionPlanRecord,
)
from enterprise_license_sync.standalone.models import License, LicensedEnrollment
from shared.learners import Identity, names
from shared.models import DeadLetter, ParkedEvent, ShadowRecord
from shared.outcomes import Outcome
from shared.records import layout_of_type
from shared.retirement import block
from tests.enterprise_license_sync.events import (
    EMAIL,
    LEARNER,
    OTHER_PLAN,
    enrollment,
    license_,
    license_that_is,
    outcomes,
    plan,
    work,
)
from tests.readers import erased
from tests.shadows import kept

pytestmark = pytest.mark.django_db

APPLIED, FILTERED = Outcome.APPLIED, Outcome.FILTERED
WHO = names([(Identity.LMS_USER_ID, LEARNER), (Identity.EMAIL, EMAIL)])


def retire(learner=WHO):
    """Retire the learner."""
    block(learner)
    return erased(learner)


def row():
    """Return what the license says: its status and whose it is."""
    return License.objects.values_list("status", "user_email", "lms_user_id").get()


@pytest.mark.parametrize(
    "by",
    [(Identity.LMS_USER_ID, LEARNER), (Identity.EMAIL, EMAIL.upper())],
    ids=["id", "email"],
)
def test_email_and_id_go(room, by):
    """By whichever the learner is named; the license stays as it is."""
    work(room, plan(1), license_that_is("activated", 2))
    assert retire(names([by])) == {"rows of licenses": (1, 0)}
    assert row() == ("activated", "", None)


@pytest.mark.parametrize("second", [1, 2, 9], ids=["late", "redelivered", "newer"])
@pytest.mark.parametrize("status", ["assigned", "activated"])
def test_no_event_brings_them_back(room, status, second):
    """While the license is that learner's, its events aren't wanted."""
    work(room, plan(1), license_that_is("activated", 2))
    retire()
    assert outcomes(room, license_that_is(status, second)) == [FILTERED]
    assert row() == ("activated", "", None)


@pytest.mark.parametrize("status", ["unassigned", "revoked", "deleted"])
def test_license_goes_on_without_its_learner(room, status):
    """Once it isn't theirs, its events count again, and name nobody."""
    work(room, plan(1), license_that_is("activated", 2))
    retire()
    assert outcomes(room, license_that_is(status, 3)) == [APPLIED]
    assert row() == (status, "", None)


def test_license_goes_to_somebody_else(room):
    """Who isn't retired."""
    work(room, plan(1), license_that_is("activated", 2))
    retire()
    work(room, license_(3, user_email="other@example.com", lms_user_id=8))
    assert row() == ("assigned", "other@example.com", 8)


@pytest.mark.parametrize("status", ["activated", "revoked"])
def test_nothing_waits_or_is_buried(room, status):
    """A message that was kept whole would have the email."""
    retire()
    unmappable = license_(3, plan_uuid=OTHER_PLAN, status="odd")
    orphan = license_that_is(status, 2, plan_uuid=OTHER_PLAN)
    assert outcomes(room, orphan, unmappable) == [FILTERED, FILTERED]
    assert not ParkedEvent.objects.exists()
    assert not DeadLetter.objects.exists()


def test_what_waited_goes(room):
    """With the message that has the email."""
    work(room, license_that_is("activated", 2))
    ParkedEvent.objects.update(topic="", partition=-1)
    assert retire() == {"parked events": (1, 0)}
    work(room, plan(1))
    assert not License.objects.exists()


def test_enrollment_goes_on(room):
    """It has the LMS's number alone, and its end has to be told."""
    work(room, plan(1), license_that_is("activated", 2), enrollment(3))
    retire()
    assert outcomes(room, enrollment(4, is_active=False)) == [APPLIED]
    assert LicensedEnrollment.objects.get().lms_user_id == LEARNER


def test_shadow_without_the_learner(room):
    """It forgets what it has, and keeps a license that is nobody's."""
    kept(room, license_that_is("activated", 2))
    assert retire() == {"shadow records": (1, 0)}
    kept(room, license_that_is("activated", 3), license_that_is("revoked", 4))
    record = ShadowRecord.objects.get().record
    assert EMAIL not in record
    assert '"lms_user_id": null' in record


@pytest.mark.parametrize(
    ("consumer", "record"),
    [
        (SUBSCRIPTION_PLANS, SubscriptionPlanRecord),
        (LICENSES, LicenseRecord),
        (LICENSED_ENROLLMENTS, LicensedEnrollmentRecord),
    ],
)
def test_every_personal_field_is_declared(consumer, record):
    """What a report hides a retirement finds."""
    columns = {field.column for field in consumer.learner.fields} if consumer.learner else set()
    assert layout_of_type(record).personal == columns
    assert columns <= {field.name for field in fields(record)}
