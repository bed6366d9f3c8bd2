"""What License Manager (stood in for, see ``stand_ins``) saves becomes events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from enterprise_license_sync.producers import license_manager as producer
from enterprise_license_sync.producers.license_manager import publish_licenses, publish_plans
from shared.events.enterprise.data import LicenseData, SubscriptionPlanData
from shared.events.enterprise.signals import (
    LICENSE_ACTIVATED,
    LICENSE_ASSIGNED,
    LICENSE_CREATED,
    LICENSE_DELETED,
    LICENSE_REVOKED,
    SUBSCRIPTION_PLAN_CHANGED,
    SUBSCRIPTION_PLAN_CREATED,
    SUBSCRIPTION_PLAN_DELETED,
    SUBSCRIPTION_PLAN_EXPIRED,
    SUBSCRIPTION_PLAN_RENEWED,
)
from shared.outcomes import Outcome
from shared.testing import deliver, make_event
from shared.testing.factories.enterprise import LicenseFactory
from tests.enterprise_license_sync.events import license_ as license_event
from tests.enterprise_license_sync.events import outcomes, plan
from tests.enterprise_license_sync.producers.rows import (
    CATALOG,
    CUSTOMER,
    EMAIL,
    END,
    LEARNER,
    START,
    make_license,
    make_plan,
)
from tests.enterprise_license_sync.producers.stand_ins import timestamps
from tests.enterprise_license_sync.producers.stand_ins.subscriptions.models import (
    License,
    SubscriptionPlan,
    SubscriptionPlanRenewal,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("license_manager")]


def signals_of(published):
    """Return which events were sent."""
    return [event.signal for event in published]


def test_new_plan_is_published_whole(published, commit):
    """The event carries all of the plan, and when it was modified."""
    with commit():
        plan = make_plan()
    [event] = published
    assert event.signal is SUBSCRIPTION_PLAN_CREATED
    assert event.data == SubscriptionPlanData(
        plan_uuid=plan.uuid,
        title="Tests",
        enterprise_customer_uuid=CUSTOMER,
        start_date=START,
        expiration_date=END,
        is_active=True,
        desired_num_licenses=10,
        enterprise_catalog_uuid=CATALOG,
        renewed_to_uuid=None,
    )
    assert (event.time, event.from_event_bus) == (plan.modified, False)


@pytest.mark.parametrize(
    ("fields", "signal"),
    [
        ({"title": "Other"}, SUBSCRIPTION_PLAN_CHANGED),
        ({"expiration_processed": True}, SUBSCRIPTION_PLAN_EXPIRED),
    ],
)
def test_saved_plan_is_published_by_its_state(published, commit, fields, signal):
    """That its end was processed is the one thing that has a name."""
    plan = make_plan()
    with commit():
        vars(plan).update(fields)
        plan.save()
    assert [(event.signal, event.time) for event in published] == [(signal, plan.modified)]


def test_plan_that_wants_no_number_has_those_it_has(published, commit):
    """License Manager's NULL can't be told; revoked licenses are none."""
    with commit():
        plan = make_plan(desired_num_licenses=None)
        for status in ("unassigned", "activated", "revoked"):
            License(subscription_plan=plan, status=status).save()
    assert published[0].data.desired_num_licenses == 2


def test_plan_that_wants_no_license_wants_none(published, commit):
    """Zero is a number."""
    with commit():
        make_license(subscription_plan=make_plan(desired_num_licenses=0))
    assert published[0].data.desired_num_licenses == 0


def test_processed_renewal_names_the_follower(published, commit):
    """The prior plan is published, as of the renewal."""
    prior, follower = make_plan(), make_plan(title="Follower")
    with commit():
        renewal = SubscriptionPlanRenewal.objects.create(
            prior_subscription_plan=prior, renewed_subscription_plan=follower, processed=True
        )
    [event] = published
    assert event.signal is SUBSCRIPTION_PLAN_RENEWED
    assert (event.data.plan_uuid, event.data.renewed_to_uuid) == (prior.uuid, follower.uuid)
    assert event.time == renewal.modified > prior.modified


def test_renewal_to_come_names_nobody(published, commit):
    """Until it is processed it may still change."""
    with commit():
        SubscriptionPlanRenewal.objects.create(
            prior_subscription_plan=make_plan(), renewed_subscription_plan=make_plan(title="Next")
        )
    event = published[-1]
    assert (event.signal, event.data.renewed_to_uuid) == (SUBSCRIPTION_PLAN_CHANGED, None)


def test_renewed_plan_is_never_older_than_its_renewal(published, commit):
    """Its ``modified`` alone would take the follower back."""
    prior, follower = make_plan(), make_plan(title="Follower")
    renewal = SubscriptionPlanRenewal.objects.create(
        prior_subscription_plan=prior,
        renewed_subscription_plan=follower,
        processed=True,
        modified=now() + timedelta(seconds=5),
    )
    with commit():
        prior.save()
    [event] = published
    assert (event.time, event.data.renewed_to_uuid) == (renewal.modified, follower.uuid)


def test_deleted_renewal_is_told_later_than_all_before(published, commit):
    """The follower is gone, and the time of the record that named it with it."""
    prior = make_plan()
    with commit():
        renewal = SubscriptionPlanRenewal.objects.create(
            prior_subscription_plan=prior,
            renewed_subscription_plan=make_plan(title="Follower"),
            processed=True,
        )
    with commit():
        renewal.delete()
    before, after = published[-2:]
    assert (after.signal, after.data.renewed_to_uuid) == (SUBSCRIPTION_PLAN_CHANGED, None)
    assert after.time > before.time


def test_new_license_is_published_whole(published, commit):
    """The event carries all of the license, and when it was modified."""
    plan = make_plan()
    follower = make_license(subscription_plan=plan)
    with commit():
        license_ = make_license(
            subscription_plan=plan,
            status="activated",
            user_email=EMAIL,
            lms_user_id=LEARNER,
            assigned_date=START,
            activation_date=END,
            renewed_to=follower,
        )
    [event] = published
    assert event.signal is LICENSE_CREATED
    assert event.data == LicenseData(
        license_uuid=license_.uuid,
        plan_uuid=plan.uuid,
        status="activated",
        lms_user_id=LEARNER,
        user_email=EMAIL,
        assigned_date=START,
        activation_date=END,
        revoked_date=None,
        renewed_to_uuid=follower.uuid,
    )
    assert event.time == license_.modified


@pytest.mark.parametrize(
    ("status", "signal", "email"),
    [
        ("assigned", LICENSE_ASSIGNED, EMAIL),
        ("activated", LICENSE_ACTIVATED, EMAIL),
        ("revoked", LICENSE_REVOKED, None),
        ("unassigned", LICENSE_REVOKED, None),
    ],
)
def test_saved_license_is_published_by_its_status(published, commit, status, signal, email):
    """An email is told only of a learner who has the license."""
    license_ = make_license(status="assigned", user_email=EMAIL)
    with commit():
        license_.status = status
        license_.save()
    [event] = published
    assert (event.signal, event.data.status, event.data.user_email) == (signal, status, email)
    assert event.time == license_.modified


def test_deleted_license_is_told_with_what_it_was(published, commit):
    """Without the email, which nobody needs any more."""
    license_ = make_license(status="assigned", user_email=EMAIL, lms_user_id=LEARNER)
    uuid = license_.uuid
    with commit():
        license_.delete()
    [event] = published
    assert event.signal is LICENSE_DELETED
    assert (event.data.license_uuid, event.data.status) == (uuid, "assigned")
    assert (event.data.lms_user_id, event.data.user_email) == (LEARNER, None)


@pytest.mark.parametrize("of", ["license", "plan", "renewal"])
def test_deletion_is_told_as_of_its_sending(published, commit, of):
    """Saves may be committed until the row goes, and a renewal be read until the commit."""
    plan = make_plan()
    deleted = {
        "license": lambda: make_license(subscription_plan=plan),
        "plan": lambda: plan,
        "renewal": lambda: SubscriptionPlanRenewal.objects.create(prior_subscription_plan=plan),
    }[of]()
    with commit():
        deleted.delete()
        before_commit = now()
    [event] = published
    assert before_commit <= event.time <= now()


def test_save_committed_while_a_license_is_being_deleted_is_older(published, commit, room):
    """It came after the license was read and before it was gone; a consumer deletes it."""
    license_ = make_license(status="assigned", user_email=EMAIL)
    ids = {"license_uuid": license_.uuid, "plan_uuid": license_.subscription_plan_id}
    with commit():
        license_.delete()
        saved = make_event(
            LICENSE_ACTIVATED, time=now(), license=LicenseFactory(status="activated", **ids)
        )
    [deletion] = published
    deleted = make_event(deletion.signal, time=deletion.time, license=deletion.data)
    outcomes(room, plan(0, plan_uuid=license_.subscription_plan_id))
    assert [outcomes(room, event) for event in (saved, deleted)] == [[Outcome.APPLIED]] * 2


def test_plan_that_goes_with_its_agreement_is_told(published, commit):
    """So are its licenses, although none of them is deleted by itself."""
    prior, follower = make_plan(desired_num_licenses=None), make_plan(title="Follower")
    make_license(subscription_plan=prior)
    SubscriptionPlanRenewal.objects.create(
        prior_subscription_plan=prior, renewed_subscription_plan=follower, processed=True
    )
    with commit():
        prior.customer_agreement.delete()
    assert signals_of(published) == [
        LICENSE_DELETED,
        SUBSCRIPTION_PLAN_DELETED,
        SUBSCRIPTION_PLAN_DELETED,
    ]
    [data] = [event.data for event in published[1:] if event.data.plan_uuid == prior.uuid]
    assert (data.enterprise_customer_uuid, data.desired_num_licenses) == (CUSTOMER, 1)
    assert data.renewed_to_uuid == follower.uuid


def test_nothing_is_published_before_the_commit(published, commit):
    """What others can't read yet isn't announced."""
    with commit():
        make_license()
        assert published == []
    assert signals_of(published) == [SUBSCRIPTION_PLAN_CREATED, LICENSE_CREATED]


def test_what_is_rolled_back_is_not_published(published, commit):
    """Neither a save nor a deletion that didn't happen."""
    plan = make_plan()
    with commit(), transaction.atomic():
        make_license(subscription_plan=plan)
        plan.delete()
        transaction.set_rollback(True)
    assert published == []


def test_what_is_stored_is_told_and_not_what_is_in_memory(published, commit):
    """A plan loaded long ago, of which one column is saved, doesn't bring the others back."""
    plan = make_plan()
    SubscriptionPlan.objects.update(title="New")
    with commit():
        plan.expiration_processed = True
        plan.save(update_fields=["expiration_processed"])
        plan.is_active = False
    [event] = published
    assert (event.data.title, event.data.is_active) == ("New", True)
    assert (event.signal, event.time) == (SUBSCRIPTION_PLAN_EXPIRED, plan.modified)


def test_row_that_is_gone_by_the_commit_is_told_as_deleted(published, commit):
    """Its making isn't told, for there is nothing to tell of it."""
    plan = make_plan()
    with commit():
        make_license(subscription_plan=plan).delete()
    assert signals_of(published) == [LICENSE_DELETED]


def test_bulk_methods_are_silent(published, commit):
    """Django sends no signal for them; this is why there is ``publish_licenses``."""
    plan = make_plan()
    with commit():
        licenses = [License(subscription_plan=plan) for _ in range(2)]
        License.bulk_create(licenses)
        License.bulk_update(licenses, ["status"])
    assert published == []


def test_licenses_written_in_bulk_are_published_as_of_then(published, commit):
    """Not as of ``modified``, which is older than what was written, and once they are committed."""
    plan, written = make_plan(), now()
    licenses = [License(subscription_plan=plan, modified=START) for _ in range(2)]
    with commit():
        License.bulk_create(licenses)
        publish_licenses(licenses, LICENSE_CREATED, time=written)
        assert published == []
    assert signals_of(published) == [LICENSE_CREATED, LICENSE_CREATED]
    assert {event.data.license_uuid for event in published} == {row.uuid for row in licenses}
    assert [event.time for event in published] == [written, written]


def test_state_names_the_event_where_nobody_does(published, commit):
    """License Manager's bulk method doesn't say what it was called for."""
    license_ = make_license()
    with commit():
        License.objects.update(status="assigned", user_email=EMAIL)
        publish_licenses([license_])
    [event] = published
    assert (event.signal, event.data.user_email) == (LICENSE_ASSIGNED, EMAIL)


def test_time_of_writing_may_be_given(published, commit):
    """It is used unless the row was saved later."""
    plan = make_plan(modified=datetime(2026, 2, 1, tzinfo=UTC))
    later, earlier = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    with commit():
        publish_plans([plan], time=later)
        publish_plans([plan], time=earlier)
    assert [event.time for event in published] == [later, plan.modified]
    assert signals_of(published) == [SUBSCRIPTION_PLAN_CHANGED, SUBSCRIPTION_PLAN_CHANGED]


def test_what_nobody_wrote_is_published_as_of_its_modification(published, commit):
    """A plan's is its renewal's where that is later, as when either is saved."""
    license_ = make_license(modified=START)
    prior = license_.subscription_plan
    renewal = SubscriptionPlanRenewal.objects.create(
        prior_subscription_plan=prior, modified=now() + timedelta(seconds=5)
    )
    with commit():
        publish_plans([prior])
        publish_licenses([license_])
    assert [event.time for event in published] == [renewal.modified, START]


def test_save_under_way_is_newer_than_what_is_published_meanwhile(
    published, commit, monkeypatch, room
):
    """It took its time before, and is committed after; a consumer keeps what it wrote."""
    license_ = make_license(status="assigned")
    began = now()
    with commit():
        publish_licenses([license_])
    monkeypatch.setattr(timestamps, "now", lambda: began)
    with commit():
        license_.status = "revoked"
        license_.save()
    events = [make_event(each.signal, time=each.time, license=each.data) for each in published]
    outcomes(room, plan(0, plan_uuid=license_.subscription_plan_id))
    assert [outcomes(room, event) for event in events] == [[Outcome.APPLIED], [Outcome.APPLIED]]


def test_many_licenses_are_read_in_few_queries(
    published, commit, monkeypatch, django_assert_num_queries
):
    """So many at a time; 5 licenses by 2 take 3."""
    monkeypatch.setattr(producer, "_CHUNK", 2)
    plan = make_plan()
    licenses = [make_license(subscription_plan=plan) for _ in range(5)]
    with django_assert_num_queries(3), commit():
        publish_licenses(licenses)
    assert len(published) == 5


@pytest.mark.parametrize("act", ["save", "delete"])
def test_failure_is_told_and_harmless(published, commit, monkeypatch, caplog, act):
    """The plan is saved or deleted all the same, and the log holds no data."""
    plan = make_plan()

    def fail(*_):
        raise ValueError(EMAIL)

    monkeypatch.setattr(producer, "_plan_data", fail)
    with commit():
        getattr(plan, act)()
    assert SubscriptionPlan.objects.filter(uuid=plan.uuid).exists() == (act == "save")
    assert published == []
    assert "event.not_published" in caplog.text
    assert "error=ValueError" in caplog.text
    assert EMAIL not in caplog.text


@pytest.mark.parametrize("read", ["_plan_data", "_license_data"])
def test_query_that_fails_does_not_end_the_deletions_transaction(
    published, commit, monkeypatch, caplog, read
):
    """It is in a savepoint: PostgreSQL would abort the transaction, SQLite doesn't."""

    def fail(*_):
        connection.cursor().execute("SELECT 1 FROM no_such_table")

    license_ = make_license()
    monkeypatch.setattr(producer, read, fail)
    with CaptureQueriesContext(connection) as queries, commit(), transaction.atomic():
        license_.delete()
        license_.subscription_plan.delete()
    assert not SubscriptionPlan.objects.exists()
    assert len(published) == 1
    assert [record.action for record in caplog.records] == ["event.not_published"]
    assert any("ROLLBACK TO SAVEPOINT" in query["sql"] for query in queries)


def test_what_a_destination_writes_is_not_published(published, commit, room, settings):
    """License Manager consuming its own topic doesn't answer each event by another one."""
    rows = "tests.enterprise_license_sync.producers.rows"
    destinations = {"licenses": f"{rows}.write_to_license_manager"}
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "DESTINATIONS": destinations}
    with commit():
        deliver(room, license_event(1))
    assert License.objects.count() == 1
    assert [event.from_event_bus for event in published] == [True]


def test_what_is_saved_after_a_delivery_is_published(published, commit, room, settings):
    """Silence ends with the destination."""
    rows = "tests.enterprise_license_sync.producers.rows"
    destinations = {"licenses": f"{rows}.write_to_license_manager"}
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "DESTINATIONS": destinations}
    with commit():
        deliver(room, license_event(1))
        License.objects.get().save()
    assert [event.from_event_bus for event in published] == [True, False]
