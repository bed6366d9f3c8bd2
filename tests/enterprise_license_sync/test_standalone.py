"""The room's own tables follow the newest event, whatever step it takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from opaque_keys.edx.keys import CourseKey

from enterprise_license_sync.records import LICENSE_STEPS, PLAN_STEPS, LicenseStatus, PlanStatus
from enterprise_license_sync.standalone.models import (
    License,
    LicensedEnrollment,
    SubscriptionPlan,
)
from shared.events.enterprise.signals import (
    LICENSE_RENEWED,
    SUBSCRIPTION_PLAN_CREATED,
    SUBSCRIPTION_PLAN_RENEWED,
)
from shared.outcomes import Outcome
from shared.testing.factories.enterprise import CATALOG, CUSTOMER, PLAN
from tests.enterprise_license_sync.events import (
    EMAIL,
    LEARNER,
    LICENSE,
    OTHER_LICENSE,
    OTHER_PLAN,
    at,
    enrollment,
    forget,
    license_,
    license_that_is,
    outcomes,
    plan,
    plan_that_is,
    work,
)
from tests.orders import each_way

pytestmark = pytest.mark.django_db

APPLIED, UNCHANGED, STALE = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE
MODELS = (SubscriptionPlan, License, LicensedEnrollment)


def test_family_becomes_rows(room):
    """Every column has what the events say."""
    assigned = at(0) + timedelta(days=1)
    assert outcomes(room, plan(1), license_(2), enrollment(3)) == [APPLIED, APPLIED, APPLIED]
    found = SubscriptionPlan.objects.get()
    assert (found.plan_uuid, found.title, found.status) == (PLAN, "Tests", "active")
    assert (found.enterprise_customer_uuid, found.enterprise_catalog_uuid) == (CUSTOMER, CATALOG)
    assert found.start_date == datetime(2026, 1, 1, tzinfo=UTC)
    assert found.expiration_date == datetime(2026, 12, 31, tzinfo=UTC)
    assert (found.desired_num_licenses, found.renewed_to_id, found.previous_status) == (
        10,
        None,
        "",
    )
    row = License.objects.get()
    assert (row.license_uuid, row.plan_id, row.status) == (LICENSE, PLAN, "assigned")
    assert (row.lms_user_id, row.user_email) == (LEARNER, EMAIL)
    assert (row.assigned_date, row.activation_date, row.revoked_date) == (assigned, None, None)
    assert (row.renewed_to_id, row.previous_status) == (None, "")
    paid = LicensedEnrollment.objects.get()
    assert (paid.license_id, paid.lms_user_id) == (LICENSE, LEARNER)
    assert (paid.course_key, paid.mode) == ("course-v1:edX+Tests+2026", "verified")
    assert (paid.is_active, paid.is_revoked) == (True, False)
    assert [str(each.license) for each in MODELS[2].objects.all()] == [f"license {LICENSE}"]
    assert str(row.plan) == f"plan {PLAN}"
    assert str(paid) == f"course-v1:edX+Tests+2026 of LMS user {LEARNER}"


@pytest.mark.parametrize(
    ("make", "model"),
    [(plan, SubscriptionPlan), (license_, License), (enrollment, LicensedEnrollment)],
)
def test_repeated_and_older_events_change_nothing(room, make, model):
    """An event that says the same moves the position only; an older one not even that."""
    work(room, plan(1), license_(1), enrollment(1))
    outcomes(room, make(5))
    before = model.objects.values().get()
    assert outcomes(room, make(7), make(6)) == [UNCHANGED, STALE]
    after = model.objects.values().get()
    assert after.pop("position").time == at(7)
    assert before.pop("position").time == at(5)
    assert after == before


def rows(model: type[SubscriptionPlan | License]) -> list[tuple[str, str, bool]]:
    """Return status, previous status and whether it is flagged, of each row."""
    flagged = set(model.objects.flagged())
    return [(row.status, row.previous_status, row in flagged) for row in model.objects.all()]


@pytest.mark.parametrize(("before", "after"), [*product(LicenseStatus, repeat=2)])
@pytest.mark.parametrize("together", [True, False])
def test_steps_of_a_license(room, before, after, together, caplog):
    """Each is taken; the unlikely ones are logged and found, in one batch or in two."""
    events = [license_that_is(before, 1), license_that_is(after, 2)]
    work(room, plan(0))
    for batch in [events] if together else [[event] for event in events]:
        outcomes(room, *batch)
    is_step, is_expected = before != after, before in LICENSE_STEPS[after]
    is_flagged = is_step and not is_expected
    assert rows(License) == [(after, before if is_step else "", is_flagged)]
    text = f"step.unlikely row=license {LICENSE} before={before.value} after={after.value}"
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told == ([text] if is_flagged else [])
    assert EMAIL not in caplog.text


@pytest.mark.parametrize(("before", "after"), [*product(PlanStatus, repeat=2)])
def test_steps_of_a_plan(room, before, after, caplog):
    """Each is taken; the unlikely ones are logged and found."""
    outcomes(room, plan_that_is(before, 1))
    outcomes(room, plan_that_is(after, 2))
    is_step, is_expected = before != after, before in PLAN_STEPS[after]
    is_flagged = is_step and not is_expected
    assert rows(SubscriptionPlan) == [(after, before if is_step else "", is_flagged)]
    text = f"step.unlikely row=plan {PLAN} before={before.value} after={after.value}"
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told == ([text] if is_flagged else [])


def test_flag_is_of_the_last_step(room):
    """A row that went on as expected is flagged no more; a change of something else is no step."""
    work(room, plan(0), license_that_is("revoked", 1), license_that_is("assigned", 2))
    outcomes(room, license_that_is("assigned", 3, lms_user_id=8))
    assert rows(License) == [("assigned", "revoked", True)]
    outcomes(room, license_that_is("activated", 4))
    assert rows(License) == [("activated", "assigned", False)]


def test_late_event_is_no_step(room, caplog):
    """A row that has gone further isn't asked how it got there."""
    work(room, plan(0), license_that_is("revoked", 5), license_that_is("unassigned", 6))
    assert outcomes(room, license_that_is("activated", 1)) == [STALE]
    assert rows(License) == [("unassigned", "revoked", False)]
    assert "step.unlikely" not in caplog.text


@pytest.mark.parametrize("status", ["unassigned", "assigned", "activated", "revoked"])
def test_deleted_license_stays_deleted(room, status):
    """Its row is there to be newer than a late event."""
    events = [license_that_is(status, 1), license_that_is("deleted", 2)]
    for batches in each_way(plan(0), *events):
        forget()
        for batch in batches:
            work(room, *batch)
        assert [row.status for row in License.objects.all()] == ["deleted"]


def test_deleted_plan_stays_deleted(room):
    """It may be the first that is heard of the plan."""
    for batches in each_way(plan(1, SUBSCRIPTION_PLAN_CREATED), plan_that_is("deleted", 2)):
        forget()
        for batch in batches:
            work(room, *batch)
        assert [row.status for row in SubscriptionPlan.objects.all()] == ["deleted"]


def test_children_of_a_deleted_plan_do_not_wait(room):
    """A plan whose first event is its last is there, and none of its licenses is current."""
    work(room, enrollment(3), license_(2))
    work(room, plan_that_is("deleted", 1))
    assert [model.objects.count() for model in MODELS] == [1, 1, 1]
    assert not any(model.objects.current(at(10)).exists() for model in MODELS)


def test_renewal_links_both_ways(room):
    """From the old to the new and back, for plans and licenses."""
    work(room, plan(1), plan(1, plan_uuid=OTHER_PLAN))
    work(room, license_(2), license_(2, license_uuid=OTHER_LICENSE, plan_uuid=OTHER_PLAN))
    work(
        room,
        plan(3, SUBSCRIPTION_PLAN_RENEWED, renewed_to_uuid=OTHER_PLAN),
        license_(3, LICENSE_RENEWED, renewed_to_uuid=OTHER_LICENSE),
    )
    old, new = (License.objects.get(license_uuid=uuid) for uuid in (LICENSE, OTHER_LICENSE))
    assert old.renewed_to == new
    assert list(new.renewed_from.all()) == [old]
    assert old.plan.renewed_to == new.plan
    assert list(new.plan.renewed_from.all()) == [old.plan]


def test_renewal_does_not_wait_for_the_follower(room):
    """The link is there at once and leads somewhere when the follower comes."""
    work(room, plan(1, SUBSCRIPTION_PLAN_RENEWED, renewed_to_uuid=OTHER_PLAN))
    work(room, license_(2, LICENSE_RENEWED, renewed_to_uuid=OTHER_LICENSE))
    row = License.objects.get()
    assert (row.renewed_to_id, row.plan.renewed_to_id) == (OTHER_LICENSE, OTHER_PLAN)
    with pytest.raises(License.DoesNotExist):
        assert row.renewed_to
    with pytest.raises(SubscriptionPlan.DoesNotExist):
        assert row.plan.renewed_to
    work(room, plan(3, plan_uuid=OTHER_PLAN))
    work(room, license_(4, license_uuid=OTHER_LICENSE, plan_uuid=OTHER_PLAN))
    row = License.objects.get(license_uuid=LICENSE)
    assert row.renewed_to
    assert row.renewed_to.plan == row.plan.renewed_to


def test_renewal_that_is_taken_back(room):
    """A newer event without a follower clears the link."""
    work(room, plan(1, renewed_to_uuid=OTHER_PLAN), plan(2))
    assert SubscriptionPlan.objects.get().renewed_to is None


def test_license_moves_to_another_plan_in_every_order(room):
    """Its events then have another key and come by another partition; the newest tells its plan."""
    plans = [plan(1), plan(1, plan_uuid=OTHER_PLAN)]
    events = [license_(2), license_(3, plan_uuid=OTHER_PLAN)]
    for batches in each_way(*plans, *events):
        forget()
        for batch in batches:
            work(room, *batch)
        assert [row.plan_id for row in License.objects.all()] == [OTHER_PLAN]


def test_license_that_moved_stays_until_its_new_plan_is_there(room):
    """What isn't known can't be referred to; the event waits."""
    work(room, plan(1), license_(2))
    assert outcomes(room, license_(3, plan_uuid=OTHER_PLAN)) == [Outcome.PARKED]
    assert License.objects.get().plan_id == PLAN
    work(room, plan(1, plan_uuid=OTHER_PLAN))
    assert License.objects.get().plan_id == OTHER_PLAN


def test_two_licenses_may_have_one_email(room):
    """Who may have how many is License Manager's to say."""
    events = [license_(2), license_(2, license_uuid=OTHER_LICENSE)]
    assert outcomes(room, plan(1), *events) == [APPLIED, APPLIED, APPLIED]
    assert License.objects.filter(user_email=EMAIL).count() == 2


def test_plan_of_an_enrollment_is_its_license_s(room):
    """An enrollment that names another plan, or one that isn't there, is the license's still."""
    work(room, plan(1), license_(2))
    assert outcomes(room, enrollment(3, plan_uuid=OTHER_PLAN)) == [APPLIED]
    assert LicensedEnrollment.objects.get().license.plan_id == PLAN


def test_license_learner_and_course_are_the_identity_of_an_enrollment(room):
    """A license that was given on has another learner's enrollments, too."""
    other = CourseKey.from_string("course-v1:edX+Tests+2027")
    work(room, plan(1), license_(2), license_(2, license_uuid=OTHER_LICENSE))
    events = [
        enrollment(3),
        enrollment(4, lms_user_id=8),
        enrollment(5, course_key=other),
        enrollment(6, license_uuid=OTHER_LICENSE),
    ]
    assert outcomes(room, *events) == [APPLIED] * 4
    spelled = CourseKey.from_string("course-v1:EDX+tests+2026")
    assert outcomes(room, enrollment(7, course_key=spelled, is_active=False)) == [APPLIED]
    assert LicensedEnrollment.objects.count() == 4


@pytest.fixture
def reader(client, room):
    """A client that may see all, and rows to be seen, one with a follower that hasn't come."""
    client.force_login(User.objects.create_superuser("reader"))
    work(room, plan(1, renewed_to_uuid=OTHER_PLAN), license_(2, renewed_to_uuid=OTHER_LICENSE))
    work(room, enrollment(3))
    return client


def url(model, view: str, *args: object) -> str:
    """Return the address of an admin page."""
    return reverse(
        f"admin:enterprise_license_sync_standalone_{model._meta.model_name}_{view}", args=args
    )


@pytest.mark.parametrize("model", MODELS)
def test_admin_lists_show_no_email(reader, model):
    """Nor can one be searched for."""
    page = reader.get(url(model, "changelist"))
    assert page.status_code == 200
    assert model.objects.count() == page.context["cl"].result_count == 1
    assert EMAIL not in page.content.decode()
    page = reader.get(url(model, "changelist"), {"q": EMAIL})
    assert (page.status_code, page.context["cl"].result_count) == (200, 0)


@pytest.mark.parametrize("model", MODELS)
def test_admin_finds_a_row_by_its_uuid(reader, model):
    """Of the license or the plan."""
    wanted = PLAN if model is SubscriptionPlan else LICENSE
    page = reader.get(url(model, "changelist"), {"q": str(wanted)})
    assert page.context["cl"].result_count == 1


@pytest.mark.parametrize("model", MODELS)
def test_admin_shows_a_row(reader, model):
    """One whose follower hasn't come, too."""
    assert reader.get(url(model, "change", model.objects.get().pk)).status_code == 200
