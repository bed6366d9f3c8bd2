"""Others write to License Manager at the same time: its jobs, a second worker."""

from __future__ import annotations

from contextlib import suppress

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from shared.batches import Batch
from shared.exceptions import TransientError
from shared.outcomes import Outcome
from shared.pipeline import settle
from tests.hosts.license_manager.events import (
    EMAIL,
    LEARNER,
    LICENSE,
    OTHER_LICENSE,
    license_,
    outcomes,
    plan,
)
from tests.hosts.license_manager.rows import get_plan, make_license, make_plan, model
from tests.threads import before

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("two_can_write")]

APPLIED, PARKED = Outcome.APPLIED, Outcome.PARKED


@pytest.mark.parametrize(
    ("name", "make", "event"),
    [
        ("SubscriptionPlan", make_plan, plan(1, title="Other")),
        ("License", make_license, license_(1)),
    ],
)
def test_row_is_locked_while_it_is_followed(threads, room, name, make, event):
    """So no job of License Manager's can save another column of it, and be undone."""
    make()
    refused = []

    def lock() -> None:
        try:
            with transaction.atomic():
                model(name).objects.select_for_update(nowait=True).get()
        except DatabaseError as error:
            refused.append(error)

    table = model(name)._meta.db_table
    with before(rf"UPDATE .{table}", lambda: threads.run(lock)):
        assert outcomes(room, event) == [APPLIED]
    assert len(refused) == 1


def test_revocation_undoes_nothing_that_its_plan_is_told_meanwhile(threads, room, configure):
    """To count it, License Manager saves all of the plan, as it was read."""
    configure(licenses={"REPLACE_REVOKED": True})
    make_plan(is_revocation_cap_enabled=True, revoke_max_percentage=100)
    make_license(status="activated", user_email=EMAIL, lms_user_id=LEARNER)
    make_license(OTHER_LICENSE)
    saved = []

    def retitle() -> None:
        with suppress(DatabaseError), transaction.atomic():
            row = model("SubscriptionPlan").objects.select_for_update(nowait=True).get()
            row.title = "Other"
            row.save()
            saved.append(row.title)

    with before(r"UPDATE .subscriptions_subscriptionplan", lambda: threads.run(retitle)):
        assert outcomes(room, license_(5, "revoked")) == [APPLIED]
    assert get_plan().num_revocations_applied == 1
    assert [get_plan().title] == (saved or ["Tests"])


def test_two_workers_give_a_learner_one_license(threads, room):
    """Two licenses of a plan at once: one is the learner's, and the other waits for it."""
    make_plan()
    make_license()
    make_license(OTHER_LICENSE)
    first, second = license_(1), license_(1, license_uuid=OTHER_LICENSE)
    meanwhile: list[Outcome] = []

    def give_the_second() -> None:
        batch = Batch(room=room, group=room.name, worker="another", arrivals=(second,))
        # MariaDB keeps it waiting before it gets so far, and its batch is tried again.
        with suppress(TransientError):
            meanwhile.extend(each.outcome for each in settle(batch, now=timezone.now()).endings)

    with before(r"UPDATE .subscriptions_license", lambda: threads.run(give_the_second)):
        assert outcomes(room, first) == [APPLIED]
    assert set(meanwhile) <= {PARKED}
    assert outcomes(room, second) == [PARKED]
    assert model("License").objects.get(status="assigned").pk == LICENSE
