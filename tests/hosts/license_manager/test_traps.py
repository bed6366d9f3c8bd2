"""What a naive write would break in License Manager, and this one doesn't."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import UUID

import pytest
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from edx_django_utils.cache import TieredCache

from enterprise_license_sync.hosts.license_manager import locks
from enterprise_license_sync.hosts.license_manager.host import LICENSE_MANAGER, LOCK, UNLOCK
from shared.events.enterprise.signals import SUBSCRIPTION_PLAN_EXPIRED, SUBSCRIPTION_PLAN_RENEWED
from shared.outcomes import Outcome
from shared.testing import deliver
from tests.hosts.license_manager.events import (
    EMAIL,
    LEARNER,
    LICENSE,
    OTHER_LICENSE,
    OTHER_PLAN,
    START,
    at,
    committed,
    errors,
    license_,
    outcomes,
    plan,
    retry,
)
from tests.hosts.license_manager.rows import (
    get_license,
    get_plan,
    make_agreement,
    make_license,
    make_plan,
    model,
    save,
)
from tests.hosts.license_manager.test_licenses import give
from tests.hosts.license_manager.test_plans import follower, get_renewal, renew

pytestmark = pytest.mark.django_db

APPLIED, UNCHANGED, STALE = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE
PARKED, DEAD = Outcome.PARKED, Outcome.DEAD
UPPER = EMAIL.upper()


def acquire(row):
    """Take the lock, as License Manager does when an admin assigns licenses."""
    return bool(LICENSE_MANAGER.function(LOCK)(row))


def roll_back(room, *events):
    """Deliver events as one batch that comes to nothing."""
    with transaction.atomic():
        deliver(room, *events)
        transaction.set_rollback(True)


def release(row):
    """Give the lock back."""
    LICENSE_MANAGER.function(UNLOCK)(row)


def test_expiration_processed_is_not_among_the_written_columns(room, tracked):
    """License Manager takes it there for the plan's end, and tells of every license."""
    give()
    tracked.clear()
    ended = {"expiration_date": START + timedelta(days=1), "title": "Other"}
    assert outcomes(room, plan(1, SUBSCRIPTION_PLAN_EXPIRED, **ended)) == [APPLIED]
    assert tracked == []


@pytest.mark.parametrize("processed", [False, True])
def test_expired_plan_is_left_to_expire_subscriptions(room, processed):
    """Set too early, that would pass the plan by, and never end the enrollments."""
    make_agreement()
    make_plan(expiration_processed=processed)
    ended = {"start_date": START, "expiration_date": START + timedelta(days=1)}
    outcomes(
        room,
        plan(1, SUBSCRIPTION_PLAN_EXPIRED, **ended),
        plan(1, SUBSCRIPTION_PLAN_EXPIRED, **ended, plan_uuid=OTHER_PLAN, title="New"),
    )
    assert get_plan().expiration_processed is processed
    assert get_plan(OTHER_PLAN).expiration_processed is False
    due = model("SubscriptionPlan").objects.filter(
        expiration_date__lte=timezone.now(), expiration_processed=False
    )
    assert due.count() == 2 - processed


def test_bulk_write_would_skip_validation(room):
    """What License Manager takes for wrong never gets into a row, and is told by its field."""
    make_plan()
    make_license(OTHER_LICENSE)
    first = license_(1, renewed_to_uuid=OTHER_LICENSE)
    third = license_(2, "unassigned", license_uuid=OTHER_PLAN, renewed_to_uuid=OTHER_LICENSE)
    assert errors(room, first, third, plan(3, title="x" * 200)) == [
        "",
        "license.renewed_to_uuid: is refused by License Manager: unique",
        "subscription_plan.title: is refused by License Manager: max_length",
    ]
    assert get_plan().title == "Tests"


def test_bulk_write_would_skip_history(room):
    """Each write leaves an entry, of a plan and of a license."""
    make_agreement()
    outcomes(room, plan(1), license_(1), plan(2, title="Other"), license_(2, "activated"))
    assert (get_plan().history.count(), get_license().history.count()) == (2, 2)


@pytest.mark.parametrize("email", [EMAIL, UPPER])
def test_learner_has_one_license_of_a_plan(room, email):
    """However the email is spelled; the one that can't be is told by its field and no value."""
    give(user_email=email)
    [error] = errors(room, license_(1, license_uuid=OTHER_LICENSE))
    assert error == "license.user_email: another assigned or activated license of the plan has it"
    assert not model("License").objects.filter(pk=OTHER_LICENSE).exists()


def test_second_license_is_good_where_the_first_is_not(room):
    """Of another plan, or after the first was revoked."""
    give()
    make_plan(OTHER_PLAN, title="Other")
    elsewhere = license_(1, license_uuid=OTHER_LICENSE, plan_uuid=OTHER_PLAN)
    assert outcomes(room, elsewhere) == [APPLIED]
    again = license_(3, license_uuid=OTHER_LICENSE)
    assert outcomes(room, license_(2, "revoked"), again) == [APPLIED, APPLIED]


def test_assigning_waits_for_the_lock_of_license_manager(room):
    """While an admin assigns licenses of the plan, the event waits, and then counts."""
    row = make_plan()
    assert acquire(row)
    assert outcomes(room, license_(1), license_(1, "unassigned", license_uuid=OTHER_LICENSE)) == [
        PARKED,
        APPLIED,
    ]
    release(row)
    assert retry(room, after=timedelta(seconds=1)) == [APPLIED]
    assert acquire(row)


def test_lock_that_another_process_released_is_free(room):
    """A worker has no requests, after which its own cache would forget that it was taken."""
    row = make_plan()
    assert acquire(row)
    assert outcomes(room, license_(1)) == [PARKED]
    cache.clear()
    assert retry(room, after=timedelta(seconds=1)) == [APPLIED]


def test_admins_cannot_assign_amid_a_batch(room):
    """Until it is committed License Manager can't see who has a license."""
    row = make_plan()
    deliver(room, license_(1))
    assert not acquire(row)


def test_batch_is_not_in_its_own_way(room):
    """Where its events are written one by one, for one of them is bad; or once more."""
    give()
    told = [license_(1, license_uuid=UUID(int=20 + n), user_email=f"{n}@x.org") for n in range(3)]
    bad = license_(1, license_uuid=UUID(int=30))
    roll_back(room, *told)
    assert outcomes(room, *told, bad) == [APPLIED, APPLIED, APPLIED, Outcome.DEAD]
    assert acquire(get_plan())


def test_bad_event_releases_no_lock_of_its_neighbours(room):
    """They aren't committed yet."""
    give()
    good = license_(1, license_uuid=UUID(int=20), user_email="another@example.com")
    deliver(room, good, license_(1, license_uuid=OTHER_LICENSE))
    assert not acquire(get_plan())


def test_lock_that_has_run_out_is_taken_anew(room, monkeypatch):
    """An admin may have it by now."""
    row = make_plan()
    roll_back(room, license_(1))
    monkeypatch.setattr(locks, "monotonic", lambda: time.monotonic() + locks.SECONDS)
    TieredCache.dangerous_clear_all_tiers()
    assert acquire(row)
    assert outcomes(room, license_(1)) == [PARKED]


def test_lock_is_released_where_a_license_is_refused(room):
    """A bad event doesn't keep an admin from assigning."""
    give()
    assert errors(room, license_(1, license_uuid=OTHER_LICENSE)) != [""]
    assert acquire(get_plan())


@pytest.mark.parametrize(
    ("before", "told", "applied"),
    [("activated", "activated", 1), ("assigned", "assigned", 0), ("unassigned", "assigned", 0)],
)
def test_revocation_goes_through_its_function(
    room, configure, tracked, follow_ups, before, told, applied
):
    """It counts against the cap, is told, has a new license made, and its tasks are run."""
    configure(licenses={"REPLACE_REVOKED": True})
    make_plan(is_revocation_cap_enabled=True, revoke_max_percentage=100)
    make_license() if before == "unassigned" else give(before)
    make_license(OTHER_LICENSE)
    tracked.clear()
    activation = at(1) if before == "activated" else None
    with committed():
        deliver(room, license_(5, "revoked", activation_date=activation))
        assert follow_ups == []
    assert get_plan().num_revocations_applied == applied
    assert sorted(tracked) == ["created", "revoked"]
    assert follow_ups == [(LICENSE, told)]
    assert get_plan().num_licenses == 2


def test_revocation_of_what_was_never_told_counts_as_well(room, configure, follow_ups):
    """Whether the activation came before it is chance."""
    configure(licenses={"REPLACE_REVOKED": True})
    make_plan(is_revocation_cap_enabled=True, revoke_max_percentage=100)
    make_license(OTHER_LICENSE)
    outcomes(room, license_(5, "revoked", activation_date=at(1)))
    assert get_plan().num_revocations_applied == 1
    assert follow_ups == [(LICENSE, "activated")]


def test_revocation_beyond_the_cap_is_refused(room, configure):
    """As License Manager refuses it; a person raises the cap and replays the event."""
    configure(licenses={"REPLACE_REVOKED": True})
    make_plan(is_revocation_cap_enabled=True, revoke_max_percentage=0)
    give("activated")
    [error] = errors(room, license_(5, "revoked"))
    assert "LicenseRevocationError" in error
    assert get_license().status == "activated"


def test_follow_up_can_be_left_to_the_lms(room, configure, follow_ups):
    """Where the LMS ends the enrollments by the same event."""
    configure(licenses={"FOLLOW_UP": False})
    give("activated")
    assert outcomes(room, license_(5, "revoked")) == [APPLIED]
    assert follow_ups == []


def test_renewal_is_processed_by_its_function_and_once(room, configure):
    """Processed again it would fail, or copy the licenses twice."""
    configure(subscription_plans={"MAKE_LICENSES": True})
    give("activated")
    outcomes(room, follower(desired_num_licenses=2))
    assert renew(room, 1) == [APPLIED]
    assert renew(room, 2) == [UNCHANGED]
    assert renew(room, 3, title="Other") == [APPLIED]
    assert get_renewal().processed
    held = get_plan(OTHER_PLAN).licenses.filter(status="activated")
    assert [each.lms_user_id for each in held] == [LEARNER]
    assert get_license().renewed_to_id == held.get().pk
    assert get_plan(OTHER_PLAN).num_licenses == 2


def test_renewal_that_license_manager_planned_is_processed(room, configure):
    """Its own record is used, and no second one made."""
    configure(subscription_plans={"MAKE_LICENSES": True})
    prior = make_plan()
    save(
        model("SubscriptionPlanRenewal")(
            prior_subscription_plan=prior,
            number_of_licenses=4,
            effective_date=START,
            renewed_expiration_date=at(60),
        )
    )
    outcomes(room, follower(desired_num_licenses=2))
    assert renew(room, 1) == [APPLIED]
    assert (get_renewal().processed, get_plan(OTHER_PLAN).num_licenses) == (True, 4)


def test_renewal_that_license_manager_processed_is_not_processed_again(room, tracked):
    """Whatever the event says besides."""
    prior, next_one = make_plan(), make_plan(OTHER_PLAN, title="Next")
    save(
        model("SubscriptionPlanRenewal")(
            prior_subscription_plan=prior,
            renewed_subscription_plan=next_one,
            number_of_licenses=4,
            effective_date=START,
            renewed_expiration_date=at(60),
            processed=True,
        )
    )
    assert renew(room, 1) == [UNCHANGED]
    event = plan(2, SUBSCRIPTION_PLAN_RENEWED, renewed_to_uuid=OTHER_PLAN, title="New")
    assert outcomes(room, event) == [APPLIED]
    assert (get_renewal().history.count(), tracked) == (1, [])


def test_email_in_another_spelling_is_the_same(room):
    """Row and history stay; License Manager's spelling does, too."""
    give(user_email="Learner@Example.com")
    assert outcomes(room, license_(1)) == [UNCHANGED]
    assert outcomes(room, license_(2, "activated")) == [APPLIED]
    assert get_license().user_email == "Learner@Example.com"


def test_changed_email_is_taken_by_the_license_s_id(room):
    """A license isn't looked for by its learner's email."""
    give()
    assert outcomes(room, license_(1, user_email="new@example.com")) == [APPLIED]
    [row] = model("License").objects.all()
    assert (row.pk, row.user_email) == (LICENSE, "new@example.com")


def retire_as_expired(row):
    """Scrub a license whose plan is long over, as ``retire_old_licenses`` does."""
    row.clear_pii()
    row.status, row.revoked_date = "revoked", at(20)


def retire_as_revoked(row):
    """Scrub a license that was revoked long ago."""
    row.clear_pii()


def retire_as_assigned(row):
    """Scrub a license that was never activated."""
    row.reset_to_unassigned()


@pytest.mark.parametrize(
    ("status", "retire"),
    [
        ("activated", retire_as_expired),
        ("revoked", retire_as_revoked),
        ("assigned", retire_as_assigned),
    ],
)
@pytest.mark.parametrize("consumed", [False, True])
def test_retired_license_gets_no_email_back(room, status, retire, consumed):
    """An old event that comes late leaves it scrubbed; so does its history."""
    row = give(status)
    if consumed:
        outcomes(room, license_(1, status, activation_date=None, revoked_date=None))
        row = get_license()
    retire(row)
    save(row, when=at(20))
    row.clear_historical_pii()
    assert outcomes(room, license_(10, user_email="late@example.com")) == [STALE]
    assert get_license().user_email is None
    assert set(get_license().history.values_list("user_email", flat=True)) == {None}


def test_license_that_was_retired_elsewhere_is_forgotten(room):
    """It comes as nobody's: the email goes, from the history, too."""
    give()
    assert outcomes(room, license_(5, "unassigned")) == [APPLIED]
    assert get_license().user_email is None
    assert set(get_license().history.values_list("user_email", flat=True)) == {None}


def test_deleted_license_does_not_come_back(room):
    """An admin froze the plan, and then an old event of a license comes."""
    row = make_license()
    row._history_date = at(10)
    row.delete()
    assert outcomes(room, license_(9, "unassigned")) == [STALE]
    assert not model("License").objects.exists()
    assert outcomes(room, license_(11, "unassigned")) == [APPLIED]


def test_deleted_plan_does_not_come_back(room):
    """An admin deleted it, and then an old event of it comes."""
    row = make_plan()
    row._history_date = at(10)
    row.delete()
    assert [outcomes(room, plan(9)), outcomes(room, plan(11))] == [[STALE], [APPLIED]]


def test_follow_up_that_fails_takes_nothing_back(room, monkeypatch):
    """It is run after the commit; what is wrong with it doesn't stop the worker."""

    def fail(**_license: object) -> None:
        raise OSError

    tasks = "license_manager.apps.api.tasks.execute_post_revocation_tasks"
    monkeypatch.setattr(tasks, fail)
    give("activated")
    assert outcomes(room, license_(5, "revoked")) == [APPLIED]
    assert get_license().status == "revoked"


def test_missing_agreement_or_plan_is_waited_for(room):
    """Nothing is made up: plan and license are parked."""
    assert outcomes(room, plan(1), license_(2)) == [PARKED, PARKED]
    make_agreement()
    assert retry(room, after=timedelta(seconds=1)) == [APPLIED, APPLIED]


@pytest.mark.parametrize(
    ("status", "told"),
    [("assigned", ["created", "assigned"]), ("activated", ["created", "activated"])],
)
def test_customers_are_told_of_a_license_once(room, tracked, status, told):
    """As License Manager itself tells of one that it makes; a replay isn't told."""
    make_plan()
    event = license_(1, status)
    outcomes(room, event, event)
    outcomes(room, event)
    assert tracked == told


@pytest.mark.parametrize("bad", [plan(2, title="x" * 200), license_(2, license_uuid=OTHER_LICENSE)])
def test_customers_are_told_once_whatever_comes_with_it(room, tracked, bad):
    """What can't be written is no reason to write its neighbours once more."""
    make_plan()
    assert outcomes(room, license_(1), bad) in ([APPLIED, DEAD], [DEAD, APPLIED])
    assert tracked == ["created", "assigned"]


def test_customers_are_not_told_of_what_was_done_elsewhere(room, tracked):
    """License Manager tells who assigns or activates where it is done, not where it is copied."""
    make_license()
    tracked.clear()
    outcomes(room, license_(1), license_(2, "activated"), license_(3, "unassigned"))
    assert tracked == []
