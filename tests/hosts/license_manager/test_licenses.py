"""Licenses in License Manager follow their events."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from shared.outcomes import Outcome
from tests.hosts.license_manager.events import (
    EMAIL,
    END,
    LEARNER,
    LICENSE,
    OTHER_LICENSE,
    OTHER_PLAN,
    PLAN,
    START,
    at,
    enrollment,
    license_,
    outcomes,
    plan,
    retry,
)
from tests.hosts.license_manager.rows import (
    forget,
    get_license,
    get_plan,
    make_license,
    make_plan,
    save,
)

pytestmark = pytest.mark.django_db

APPLIED, UNCHANGED, STALE = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE
PARKED, FILTERED = Outcome.PARKED, Outcome.FILTERED
COLUMNS = (
    "subscription_plan_id",
    "status",
    "user_email",
    "lms_user_id",
    "assigned_date",
    "activation_date",
    "revoked_date",
    "renewed_to_id",
)
NOBODYS = (PLAN, "unassigned", None, None, None, None, None, None)


def columns(uuid: UUID = LICENSE) -> tuple[object, ...]:
    """Return what the license says."""
    return tuple(getattr(get_license(uuid), name) for name in COLUMNS)


def give(status: str = "assigned", **fields):
    """Save a license that License Manager has given to the learner."""
    given: dict[str, Any] = {
        "status": status,
        "user_email": EMAIL,
        "lms_user_id": LEARNER,
        "assigned_date": START,
    }
    if status == "activated":
        given["activation_date"] = at(1)
    return make_license(**given | fields)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("unassigned", NOBODYS),
        ("assigned", (PLAN, "assigned", EMAIL, LEARNER, START, None, None, None)),
        ("activated", (PLAN, "activated", EMAIL, LEARNER, START, at(1), None, None)),
        ("revoked", (PLAN, "revoked", None, LEARNER, START, None, at(5), None)),
    ],
)
def test_new_license_is_made_whole(room, status, said):
    """In whatever status it is told of first."""
    make_plan()
    assert outcomes(room, license_(5, status)) == [APPLIED]
    assert columns() == said


@pytest.mark.parametrize("status", ["unassigned", "assigned", "activated"])
@pytest.mark.parametrize("before", ["unassigned", "assigned", "activated", "revoked"])
def test_license_that_is_there_follows(room, before, status):
    """From any status it gets to any other, and says what a new one would."""
    make_plan()
    outcomes(room, license_(5, status))
    wanted = columns()
    forget("License")
    make_license() if before == "unassigned" else give(before)
    assert outcomes(room, license_(5, status)) == [UNCHANGED if before == status else APPLIED]
    assert columns() == wanted


def test_license_that_says_so_already_is_left_alone(room):
    """Neither its time nor its history moves."""
    before = give().modified
    assert outcomes(room, license_(1)) == [UNCHANGED]
    assert (get_license().modified, get_license().history.count()) == (before, 1)


def test_redelivered_event_changes_nothing(room, tracked, follow_ups):
    """Neither row nor history moves, nobody is told, and no task runs again."""
    make_plan()
    for event in (license_(1, "activated"), license_(2, "revoked")):
        outcomes(room, event)
        before, told = get_license(), list(tracked)
        after = (before.modified, before.history.count(), len(follow_ups))
        assert outcomes(room, event) == [UNCHANGED]
        row = get_license()
        assert (row.modified, row.history.count(), len(follow_ups)) == after
        assert tracked == told


def test_older_event_is_stale(room):
    """What the newer one said stays."""
    make_plan()
    assert outcomes(room, license_(2, "activated")) == [APPLIED]
    assert outcomes(room, license_(1, "assigned")) == [STALE]
    assert get_license().status == "activated"


@pytest.mark.parametrize("last", ["activated", "revoked", "unassigned", "deleted"])
def test_any_order_of_arrival_gives_the_same_license(room, last):
    """The newest counts, in one batch or in several; an email only while somebody has it."""
    make_plan()
    told = [
        license_(1, "unassigned"),
        license_(2, "assigned"),
        license_(3, last),
    ]
    found = set()
    for order in permutations(told):
        for batches in ([order], [[event] for event in order]):
            for batch in batches:
                outcomes(room, *batch)
            row = get_license()
            email = row.user_email if row.status in ("assigned", "activated") else None
            found.add((row.status, email, row.lms_user_id, row.activation_date))
            forget("License")
    assert len(found) == 1


def test_license_waits_for_its_plan(room):
    """Parked until the plan comes, then applied by itself."""
    assert outcomes(room, license_(1)) == [PARKED]
    make_plan()
    assert retry(room, after=timedelta(seconds=1)) == [APPLIED]


def test_plan_and_license_in_one_batch_do_not_wait(room):
    """Parents are written first, in whatever order they come."""
    make_plan(OTHER_PLAN, title="Other")
    assert outcomes(room, license_(2), plan(1)) == [APPLIED, APPLIED]


def test_license_waits_for_its_follower(room):
    """License Manager's column refers to a row."""
    make_plan()
    make_plan(OTHER_PLAN, title="Next")
    assert outcomes(room, license_(1, renewed_to_uuid=OTHER_LICENSE)) == [PARKED]
    other = license_(2, license_uuid=OTHER_LICENSE, plan_uuid=OTHER_PLAN)
    assert outcomes(room, other) == [APPLIED]
    assert retry(room) == [APPLIED]
    assert get_license().renewed_to_id == OTHER_LICENSE


def test_license_moves_to_another_plan(room):
    """As License Manager's transfer job does."""
    give()
    make_plan(OTHER_PLAN, title="Other")
    assert outcomes(room, license_(1, plan_uuid=OTHER_PLAN)) == [APPLIED]
    assert get_license().subscription_plan_id == OTHER_PLAN


def test_each_change_leaves_its_history(room):
    """With the reason that it came by event."""
    make_plan()
    outcomes(room, license_(1, "assigned"), license_(2, "activated"))
    entries = get_license().history.order_by("history_id")
    assert [(entry.status, entry.history_change_reason) for entry in entries] == [
        ("assigned", "event bus"),
        ("activated", "event bus"),
    ]


def test_given_license_can_be_activated(room):
    """Its learner needs a key for that; one that is there stays."""
    make_plan()
    outcomes(room, license_(1, "assigned"))
    key = get_license().activation_key
    assert key is not None
    outcomes(room, license_(2, "activated"))
    assert get_license().activation_key == key


def test_learner_who_was_known_stays_known(room):
    """Who tells the same email and no user id doesn't know it yet."""
    give()
    assert outcomes(room, license_(1, lms_user_id=None)) == [UNCHANGED]
    assert outcomes(room, license_(2, lms_user_id=None, user_email="other@example.com")) == [
        APPLIED
    ]
    assert get_license().lms_user_id is None


def test_revoked_license_keeps_what_license_manager_needs(room):
    """Its admins look for it by the email, until their own job scrubs it."""
    give("activated")
    assert outcomes(room, license_(5, "revoked")) == [APPLIED]
    assert columns() == (PLAN, "revoked", EMAIL, LEARNER, START, at(1), at(5), None)


def test_revoked_license_is_replaced_where_that_is_wanted(room, configure):
    """By License Manager's own function, once."""
    configure(licenses={"REPLACE_REVOKED": True})
    give("activated")
    event = license_(5, "revoked")
    assert [outcomes(room, event), outcomes(room, event)] == [[APPLIED], [UNCHANGED]]
    assert get_plan().num_licenses == 1
    assert get_license().revoked_date == at(5)


def test_deleted_license_is_revoked_and_forgotten(room, follow_ups):
    """License Manager has no such status; its email goes, from the history, too."""
    give("activated")
    assert outcomes(room, license_(5, "deleted")) == [APPLIED]
    row = get_license()
    assert (row.status, row.user_email) == ("revoked", None)
    assert set(row.history.values_list("user_email", flat=True)) == {None}
    assert follow_ups == [(LICENSE, "activated")]
    assert outcomes(room, license_(4)) == [STALE]


def test_deleted_license_that_nobody_had_is_revoked(room, configure, follow_ups):
    """It isn't there to be given any more; none is made in its place, and no task runs."""
    configure(licenses={"REPLACE_REVOKED": True})
    make_license()
    assert outcomes(room, license_(5, "deleted")) == [APPLIED]
    assert (get_license().status, get_plan().num_licenses, follow_ups) == ("revoked", 0, [])


def test_later_change_by_license_manager_stays(room):
    """A learner activates a license before the event that it was assigned is consumed."""
    row = give()
    row.status, row.activation_date = "activated", at(10)
    save(row, when=at(10))
    assert outcomes(room, license_(9)) == [STALE]
    assert get_license().status == "activated"
    assert outcomes(room, license_(11, "revoked")) == [APPLIED]
    assert outcomes(room, license_(12, "unassigned")) == [APPLIED]


def test_whole_history_of_a_license_does_not_take_it_back(room, tracked, follow_ups):
    """A service that has the license starts to consume at the topic's beginning."""
    row = give("activated")
    row.status, row.revoked_date = "revoked", at(10)
    save(row, when=at(10))
    tracked.clear()
    told = [license_(0, "unassigned"), license_(1), license_(2, "activated")]
    assert outcomes(room, *told, license_(10, "revoked")) == [STALE, STALE, STALE, UNCHANGED]
    assert (get_license().status, tracked, follow_ups) == ("revoked", [], [])


def test_enrollments_are_filtered(room):
    """License Manager keeps none."""
    assert outcomes(room, enrollment(1)) == [FILTERED]


def test_end_of_a_plan_is_no_status_of_its_licenses(room):
    """What has expired is said by the plan's dates."""
    give("activated")
    assert outcomes(room, plan(1, expiration_date=END - timedelta(days=1))) == [APPLIED]
    assert get_license().status == "activated"
