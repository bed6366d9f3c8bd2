"""A learner has one license of a plan, in whatever order licenses change hands."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from uuid import UUID

import pytest

from shared.outcomes import Outcome
from tests.hosts.license_manager.events import (
    EMAIL,
    LICENSE,
    OTHER_LICENSE,
    OTHER_PLAN,
    at,
    errors,
    license_,
    outcomes,
    retry,
)
from tests.hosts.license_manager.rows import forget, get_license, make_plan, model, save
from tests.hosts.license_manager.test_licenses import give

pytestmark = pytest.mark.django_db

APPLIED, STALE = Outcome.APPLIED, Outcome.STALE
PARKED, DEAD = Outcome.PARKED, Outcome.DEAD
SECOND, THIRD = "second@example.com", "third@example.com"
THIRD_LICENSE = UUID(int=9)
SOON, AT_LAST = timedelta(minutes=10), timedelta(days=8)


def emails(*licenses):
    """Return whose the licenses are."""
    return [get_license(each).user_email for each in licenses]


def settle(room):
    """Let all that waits be tried again, until nothing changes any more."""
    while APPLIED in retry(room, after=SOON):
        pass


@pytest.mark.parametrize("email", [EMAIL, EMAIL.upper()])
def test_learner_has_one_license_of_a_plan(room, email):
    """However the email is spelled; what would be the second is buried when it waited in vain."""
    give(user_email=email)
    assert outcomes(room, license_(1, license_uuid=OTHER_LICENSE)) == [PARKED]
    assert retry(room, after=SOON) == [PARKED]
    assert retry(room, after=AT_LAST) == [PARKED]
    assert retry(room, after=2 * AT_LAST) == [DEAD]
    assert not model("License").objects.filter(pk=OTHER_LICENSE).exists()


def test_second_license_is_good_where_the_first_is_not(room):
    """Of another plan, or after the first was revoked."""
    give()
    make_plan(OTHER_PLAN, title="Other")
    elsewhere = license_(1, license_uuid=OTHER_LICENSE, plan_uuid=OTHER_PLAN)
    assert outcomes(room, elsewhere) == [APPLIED]
    again = license_(3, license_uuid=OTHER_LICENSE)
    assert outcomes(room, license_(2, "revoked"), again) == [APPLIED, APPLIED]


@pytest.mark.parametrize(
    "leaves",
    [
        license_(1, user_email=SECOND),
        license_(1, "unassigned"),
        license_(1, "revoked"),
        license_(1, "deleted"),
    ],
    ids=["given away", "unassigned", "revoked", "deleted"],
)
@pytest.mark.parametrize("late", [False, True])
def test_email_goes_from_one_license_to_another(room, leaves, late):
    """Whichever of the two events comes first; the one that waits is woken by the other."""
    give()
    gets = license_(2, license_uuid=OTHER_LICENSE)
    if late:
        assert [outcomes(room, gets), outcomes(room, leaves)] == [[PARKED], [APPLIED]]
        assert retry(room) == [APPLIED]
    else:
        assert [outcomes(room, leaves), outcomes(room, gets)] == [[APPLIED], [APPLIED]]
    assert emails(OTHER_LICENSE) == [EMAIL]


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_licenses_swap_their_emails(room, order, together):
    """Neither can be first by itself; keys, dates and statuses stay."""
    give(activation_key=UUID(int=11))
    give(uuid=OTHER_LICENSE, user_email=SECOND, activation_key=UUID(int=12))
    swap = [license_(1, user_email=SECOND), license_(2, license_uuid=OTHER_LICENSE)]
    events = [swap[each] for each in order]
    for batch in [events] if together else [[event] for event in events]:
        outcomes(room, *batch)
    assert retry(room) == [APPLIED]
    assert emails(LICENSE, OTHER_LICENSE) == [SECOND, EMAIL]
    assert get_license().activation_key == UUID(int=11)
    assert {get_license(each).status for each in (LICENSE, OTHER_LICENSE)} == {"assigned"}


def test_swap_is_told_and_settled_in_any_order_with_what_came_before(room):
    """Old events and new ones of both licenses, each in a batch of its own."""
    told = [
        license_(1),
        license_(1, license_uuid=OTHER_LICENSE, user_email=SECOND),
        license_(2, user_email=SECOND),
        license_(3, license_uuid=OTHER_LICENSE),
    ]
    make_plan()
    for order in permutations(told):
        for event in order:
            outcomes(room, event)
        settle(room)
        assert emails(LICENSE, OTHER_LICENSE) == [SECOND, EMAIL]
        forget("License")


def test_three_licenses_pass_their_emails_on(room):
    """In a ring, in any order."""
    ring = {LICENSE: SECOND, OTHER_LICENSE: THIRD, THIRD_LICENSE: EMAIL}
    told = [license_(1, license_uuid=key, user_email=email) for key, email in ring.items()]
    make_plan()
    for order in permutations(told):
        give()
        give(uuid=OTHER_LICENSE, user_email=SECOND)
        give(uuid=THIRD_LICENSE, user_email=THIRD)
        for event in order:
            outcomes(room, event)
        settle(room)
        assert emails(*ring) == list(ring.values())
        forget("License")


def test_two_swaps_of_a_plan_do_not_hinder_each_other(room):
    """License Manager takes one license of a plan that has no email for the moment."""
    fourth = UUID(int=10)
    pairs = {LICENSE: SECOND, OTHER_LICENSE: EMAIL, THIRD_LICENSE: "d@x.org", fourth: "c@x.org"}
    give()
    give(uuid=OTHER_LICENSE, user_email=SECOND)
    give(uuid=THIRD_LICENSE, user_email="c@x.org")
    give(uuid=fourth, user_email="d@x.org")
    outcomes(room, *[license_(1, license_uuid=key, user_email=who) for key, who in pairs.items()])
    settle(room)
    assert emails(*pairs) == list(pairs.values())


def test_license_that_its_admin_gave_anew_keeps_its_email(room):
    """Although an older event of it waits, that would have taken it to another learner."""
    row = give()
    give(uuid=OTHER_LICENSE, user_email=SECOND)
    assert outcomes(room, license_(1, user_email=SECOND)) == [PARKED]
    row.user_email = THIRD
    save(row, when=at(2))
    assert outcomes(room, license_(3, license_uuid=OTHER_LICENSE, user_email=THIRD)) == [PARKED]
    assert emails(LICENSE, OTHER_LICENSE) == [THIRD, SECOND]


def test_license_that_followed_a_newer_event_keeps_its_email(room):
    """What waited before is known to be old."""
    give()
    give(uuid=OTHER_LICENSE, user_email=SECOND)
    assert outcomes(room, license_(1, user_email=SECOND)) == [PARKED]
    assert outcomes(room, license_(2, "activated")) == [APPLIED]
    assert outcomes(room, license_(3, license_uuid=OTHER_LICENSE)) == [PARKED]
    assert emails(LICENSE, OTHER_LICENSE) == [EMAIL, SECOND]
    assert retry(room, after=SOON) == [STALE, PARKED]


def test_second_license_without_an_email_is_told_by_its_field(room):
    """License Manager takes one; the dead letter says what to do."""
    give(user_email=None)
    [error] = errors(room, license_(1, license_uuid=OTHER_LICENSE, user_email=None))
    assert error == (
        "license.user_email: is empty, and so is that of another assigned or activated license of "
        "the plan, of which License Manager takes one: let the publisher tell the email"
    )


def test_license_without_an_email_waits_for_one_that_is_about_to_have_one(room):
    """The first of two that swap has none for the moment: that is no fault of a third."""
    give()
    give(uuid=OTHER_LICENSE, user_email=SECOND)
    swap = [license_(1, user_email=SECOND), license_(2, license_uuid=OTHER_LICENSE)]
    third = license_(3, license_uuid=THIRD_LICENSE, user_email=None)
    assert outcomes(room, *swap, third) == [PARKED, APPLIED, PARKED]
    settle(room)
    assert emails(LICENSE, OTHER_LICENSE, THIRD_LICENSE) == [SECOND, EMAIL, None]
