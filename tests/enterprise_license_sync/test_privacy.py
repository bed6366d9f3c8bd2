"""Emails are kept only while a row needs them, and what is gone doesn't come back."""

from __future__ import annotations

import logging

import pytest

from enterprise_license_sync.standalone.models import License
from shared.models import DeadLetter, ParkedEvent
from shared.outcomes import Outcome
from tests.enterprise_license_sync.events import (
    EMAIL,
    LEARNER,
    forget,
    license_,
    license_that_is,
    outcomes,
    plan,
    work,
)
from tests.orders import each_way

pytestmark = pytest.mark.django_db

UNCHANGED = Outcome.UNCHANGED


def scrubbed(second: float):
    """Return the event of a license whose learner was retired."""
    return license_that_is("unassigned", second, user_email=None, lms_user_id=None)


def test_email_is_compared_without_case(room):
    """Another spelling is no change, and the row has the one in lower case."""
    work(room, plan(1), license_(2, user_email="Learner@Example.com"))
    assert License.objects.get().user_email == EMAIL
    before = License.objects.get().modified
    assert outcomes(room, license_(3, user_email="LEARNER@example.COM")) == [UNCHANGED]
    assert (License.objects.get().user_email, License.objects.get().modified) == (EMAIL, before)


@pytest.mark.parametrize("status", ["unassigned", "revoked", "deleted"])
def test_email_goes_with_the_license(room, status):
    """Its data may still have it; the row doesn't."""
    work(room, plan(1), license_that_is("activated", 2))
    assert License.objects.get().user_email == EMAIL
    outcomes(room, license_that_is(status, 3))
    assert License.objects.get().user_email == ""


def test_retired_email_does_not_come_back_in_any_order(room):
    """Nor the user id: whether an older event is late, in the same batch or was parked."""
    events = [license_that_is("assigned", 2), license_that_is("activated", 3), scrubbed(4)]
    for batches in each_way(plan(1), *events):
        forget()
        for batch in batches:
            work(room, *batch)
        row = License.objects.get()
        assert (row.status, row.user_email, row.lms_user_id) == ("unassigned", "", None)
        assert not ParkedEvent.objects.exists()


def test_next_learner_of_a_license_is_known(room):
    """A retirement is no end: a newer assignment has its own email."""
    work(room, plan(1), license_(2), scrubbed(3))
    outcomes(room, license_(4, user_email="next@example.com", lms_user_id=LEARNER + 1))
    row = License.objects.get()
    assert (row.user_email, row.lms_user_id) == ("next@example.com", LEARNER + 1)


def test_no_log_and_no_dead_letter_shows_an_email(room, caplog):
    """Neither an orphan's, nor one of an unlikely step, nor a bad one."""
    caplog.set_level(logging.DEBUG)
    outcomes(room, license_(1))
    work(room, plan(1), license_that_is("revoked", 2), license_that_is("activated", 3))
    outcomes(room, license_(4, user_email=f"{EMAIL}, {EMAIL}"))
    told = {getattr(record, "action", None) for record in caplog.records}
    assert {"event.parked", "step.unlikely", "event.buried"} <= told
    assert not [record for record in caplog.records if EMAIL in str(vars(record))]
    letter = DeadLetter.objects.get()
    assert letter.error == "license.user_email: is not an email address"
    shown = {name: value for name, value in vars(letter).items() if name != "value"}
    assert EMAIL not in str(shown)
