"""What License Manager does after a row has changed is neither lost nor in the row's way."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection

from enterprise_license_sync.hosts.license_manager.provisioning import AT_ONCE
from shared.exceptions import TransientError
from shared.outcomes import Outcome
from shared.testing import deliver
from tests.hosts.license_manager.events import (
    LICENSE,
    OTHER_LICENSE,
    PLAN,
    at,
    committed,
    errors,
    license_,
    outcomes,
    plan,
)
from tests.hosts.license_manager.rows import (
    get_license,
    get_plan,
    make_agreement,
    make_license,
    make_plan,
    model,
)
from tests.hosts.license_manager.test_licenses import give

pytestmark = pytest.mark.django_db

APPLIED, UNCHANGED = Outcome.APPLIED, Outcome.UNCHANGED
TASKS = "license_manager.apps.api.tasks.execute_post_revocation_tasks"
PROVISION = "license_manager.apps.subscriptions.tasks.provision_licenses_task"


class BrokerAway(Exception):
    """What Celery raises while nobody answers."""

    __module__, __qualname__ = "kombu.exceptions", "OperationalError"


def fail_with(error):
    """Return a function that raises an error."""

    def fail(*_arguments: object, **_named: object) -> None:
        raise error

    return fail


@pytest.fixture
def asked(monkeypatch, license_manager):
    """Of which plans Celery was asked to make the licenses, and when; nothing is made."""
    asked: list[tuple[object, str]] = []

    class Task:
        def __call__(self, **_arguments: object) -> None:
            """Be a function, as Celery's tasks are."""

        def delay(self, subscription_plan_uuid):
            asked.append((subscription_plan_uuid, "now"))

        def apply_async(self, *, kwargs, countdown):
            assert countdown > 0
            asked.append((kwargs["subscription_plan_uuid"], "later"))

    module, _, name = PROVISION.rpartition(".")
    monkeypatch.setattr(f"{module}.{name}", Task())
    # The stand-in's models have it in their own module.
    if model("SubscriptionPlan").__module__.startswith("tests."):
        monkeypatch.setattr(f"{model('SubscriptionPlan').__module__}.{name}", Task())
    return asked


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
    assert outcomes(room, license_(5, "revoked", activation_date=activation)) == [APPLIED]
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


def test_revocation_beyond_the_cap_is_refused(room, configure, tracked, follow_ups):
    """As License Manager refuses it; a person raises the cap and replays the event."""
    configure(licenses={"REPLACE_REVOKED": True})
    make_plan(is_revocation_cap_enabled=True, revoke_max_percentage=0)
    give("activated")
    tracked.clear()
    [error] = errors(room, license_(5, "revoked"))
    assert "LicenseRevocationError" in error
    assert (get_license().status, tracked, follow_ups) == ("activated", [], [])


def test_license_that_the_cap_keeps_out_is_not_told(room, configure, tracked):
    """One that License Manager hears of by its revocation first, however often that comes."""
    configure(licenses={"REPLACE_REVOKED": True})
    make_plan(is_revocation_cap_enabled=True, revoke_max_percentage=0)
    event = license_(5, "revoked", activation_date=at(1))
    for _ in range(2):
        assert "LicenseRevocationError" in errors(room, event)[0]
    assert (tracked, model("License").objects.count()) == ([], 0)


def test_follow_up_can_be_left_to_the_lms(room, configure, follow_ups):
    """Where the LMS ends the enrollments by the same event."""
    configure(licenses={"FOLLOW_UP": False})
    give("activated")
    assert outcomes(room, license_(5, "revoked")) == [APPLIED]
    assert follow_ups == []


@pytest.mark.parametrize("error", [BrokerAway(), OSError()])
def test_follow_up_is_not_lost_while_the_broker_is_away(room, monkeypatch, follow_ups, error):
    """The revocation isn't taken, and with it the follow-up comes again when the broker is back."""
    give("activated")
    event = license_(5, "revoked")
    with monkeypatch.context() as away:
        away.setattr(TASKS, fail_with(error))
        with pytest.raises(TransientError):
            deliver(room, event)
    assert get_license().status == "activated"
    assert outcomes(room, event) == [APPLIED]
    assert (get_license().status, follow_ups) == ("revoked", [(LICENSE, "activated")])


def test_follow_up_comes_after_all_that_is_written(room, monkeypatch):
    """So that what is wrong with the rows is found before anybody is asked to do something."""
    seen = []

    def look(revoked_license, original_status):
        row = get_license()
        seen.append((row.status, set(row.history.values_list("user_email", flat=True))))

    monkeypatch.setattr(TASKS, look)
    give("activated")
    outcomes(room, license_(5, "deleted"))
    assert seen == [("revoked", {None})]


@pytest.mark.parametrize("error", [ValueError("learner@example.com"), IntegrityError("x")])
def test_follow_up_that_is_broken_takes_nothing_back(room, monkeypatch, caplog, error):
    """It would be each time: it is logged, without its words, for a person to see to."""
    monkeypatch.setattr(TASKS, fail_with(error))
    give("activated")
    other = license_(6, license_uuid=OTHER_LICENSE)
    assert outcomes(room, license_(5, "revoked"), other) == [APPLIED, APPLIED]
    assert get_license().status == "revoked"
    [line] = [each for each in caplog.records if getattr(each, "action", "") == "follow_up.failed"]
    assert (str(LICENSE) in line.message, "@" in line.message) == (True, False)
    assert outcomes(room, license_(5, "revoked")) == [UNCHANGED]


def test_statement_that_fails_in_a_follow_up_breaks_no_transaction(room, monkeypatch):
    """PostgreSQL would take no other until the end."""

    def fail(**_license: object) -> None:
        with connection.cursor() as cursor:
            table = model("SubscriptionPlan")._meta.db_table
            cursor.execute(f"INSERT INTO {table} (uuid) VALUES (%s)", [None])

    monkeypatch.setattr(TASKS, fail)
    give("activated")
    other = license_(6, license_uuid=OTHER_LICENSE)
    assert outcomes(room, license_(5, "revoked"), other) == [APPLIED, APPLIED]


def test_few_licenses_are_made_with_their_plan(room, configure, asked):
    """In its transaction: neither without the other."""
    configure(subscription_plans={"MAKE_LICENSES": True})
    make_agreement()
    deliver(room, plan(1, desired_num_licenses=AT_ONCE))
    assert (get_plan().num_licenses, asked) == (AT_ONCE, [])


def test_many_licenses_are_asked_for_before_and_after_the_commit(room, configure, asked):
    """Before it so that it isn't lost, and then for later: the task would find no plan as yet."""
    configure(subscription_plans={"MAKE_LICENSES": True})
    make_agreement()
    with committed():
        deliver(room, plan(1, desired_num_licenses=AT_ONCE + 1))
        assert asked == [(PLAN, "later")]
    assert asked == [(PLAN, "later"), (PLAN, "now")]


def test_many_licenses_are_not_lost_while_the_broker_is_away(room, configure, monkeypatch, asked):
    """The plan isn't taken, and with it they are asked for when the broker is back."""
    configure(subscription_plans={"MAKE_LICENSES": True})
    make_agreement()
    event = plan(1, desired_num_licenses=AT_ONCE + 1)
    with monkeypatch.context() as away:
        away.setattr(f"{PROVISION}.apply_async", fail_with(BrokerAway()))
        with pytest.raises(TransientError):
            deliver(room, event)
    assert not model("SubscriptionPlan").objects.exists()
    assert outcomes(room, event) == [APPLIED]
    assert (PLAN, "later") in asked


def test_frozen_plan_gets_no_licenses(room, configure, asked):
    """Its unused ones were taken away on purpose."""
    configure(subscription_plans={"MAKE_LICENSES": True})
    make_plan(last_freeze_timestamp=at(0))
    assert outcomes(room, plan(1, desired_num_licenses=AT_ONCE + 1)) == [APPLIED]
    assert outcomes(room, plan(2, desired_num_licenses=AT_ONCE)) == [APPLIED]
    assert (get_plan().num_licenses, asked) == (0, [])


def test_licenses_that_cannot_be_made_take_no_plan_back(room, configure, monkeypatch, caplog):
    """What is broken there is logged; the plan follows its event."""
    configure(subscription_plans={"MAKE_LICENSES": True})
    make_agreement()
    monkeypatch.setattr(model("SubscriptionPlan"), "provision_licenses", fail_with(ValueError()))
    assert outcomes(room, plan(1)) == [APPLIED]
    assert "follow_up.failed" in caplog.text
