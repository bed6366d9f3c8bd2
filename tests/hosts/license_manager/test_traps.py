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
from shared.events.enterprise.signals import SUBSCRIPTION_PLAN_EXPIRED
from shared.outcomes import Outcome
from shared.testing import deliver
from tests.hosts.license_manager.events import (
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

pytestmark = pytest.mark.django_db

APPLIED, UNCHANGED, STALE = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE
PARKED, DEAD = Outcome.PARKED, Outcome.DEAD


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
    give(user_email=None)
    told = [license_(1, license_uuid=UUID(int=20 + n), user_email=f"{n}@x.org") for n in range(3)]
    bad = license_(1, license_uuid=UUID(int=30), user_email=None)
    roll_back(room, *told)
    assert outcomes(room, *told, bad) == [APPLIED, APPLIED, APPLIED, Outcome.DEAD]
    assert acquire(get_plan())


def test_bad_event_releases_no_lock_of_its_neighbours(room):
    """They aren't committed yet."""
    give(user_email=None)
    good = license_(1, license_uuid=UUID(int=20), user_email="another@example.com")
    deliver(room, good, license_(1, license_uuid=OTHER_LICENSE, user_email=None))
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
    give(user_email=None)
    assert errors(room, license_(1, license_uuid=OTHER_LICENSE, user_email=None)) != [""]
    assert acquire(get_plan())


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


@pytest.mark.parametrize(
    "bad",
    [plan(2, title="x" * 200), license_(2, license_uuid=OTHER_LICENSE, user_email=None)],
)
def test_customers_are_told_once_whatever_comes_with_it(room, tracked, bad):
    """What can't be written is no reason to write its neighbours once more."""
    give(uuid=UUID(int=20), user_email=None)
    tracked.clear()
    assert outcomes(room, license_(1), bad) in ([APPLIED, DEAD], [DEAD, APPLIED])
    assert tracked == ["created", "assigned"]


def test_customers_are_not_told_of_what_was_done_elsewhere(room, tracked):
    """License Manager tells who assigns or activates where it is done, not where it is copied."""
    make_license()
    tracked.clear()
    outcomes(room, license_(1), license_(2, "activated"), license_(3, "unassigned"))
    assert tracked == []


def test_customers_are_told_of_what_is_committed(room, tracked, configure):
    """A batch that comes to nothing tells nobody; when it is tried again, each is told once."""
    configure(subscription_plans={"MAKE_LICENSES": True}, licenses={"REPLACE_REVOKED": True})
    make_agreement()
    told = [plan(1, desired_num_licenses=1), license_(2), license_(3, "revoked")]
    for event in told:
        roll_back(room, event)
        assert tracked == []
        with committed():
            deliver(room, event)
            assert tracked == []
        assert tracked
        tracked.clear()


def test_license_manager_tells_of_its_own_at_once(room, tracked):
    """What isn't written by an event isn't held back, not even by whom the room has run in."""
    make_plan()
    outcomes(room, license_(1))
    tracked.clear()
    make_license(OTHER_LICENSE)
    assert tracked == ["created"]
