"""A license waits for its plan and an enrollment for its license, and nothing of them is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import permutations

import pytest

from enterprise_license_sync import mappers
from enterprise_license_sync.standalone.destination import write_subscription_plans
from enterprise_license_sync.standalone.models import (
    License,
    LicensedEnrollment,
    SubscriptionPlan,
)
from shared import parking
from shared.models import OutcomeCount, ParkedEvent
from shared.outcomes import Outcome
from shared.records import PositionedRecord
from shared.testing.factories.enterprise import PLAN
from tests.cluster import Cluster
from tests.enterprise_license_sync.events import (
    LICENSE,
    OTHER_LICENSE,
    OTHER_PLAN,
    ROOM,
    TOPIC,
    enrollment,
    forget,
    license_,
    license_that_is,
    outcomes,
    plan,
    plan_that_is,
    retry,
    work,
)
from tests.processes import wait_until

APPLIED, PARKED, STALE = Outcome.APPLIED, Outcome.PARKED, Outcome.STALE
MODELS = (SubscriptionPlan, License, LicensedEnrollment)
TABLES = [f"enterprise_license_sync_standalone_{model._meta.model_name}" for model in MODELS]


def counts() -> list[int]:
    """Return how many plans, licenses, enrollments and parked events there are."""
    return [model.objects.count() for model in (*MODELS, ParkedEvent)]


@pytest.mark.django_db
def test_orphans_wait_for_their_parents(room):
    """Each names the row that it waits for."""
    assert outcomes(room, enrollment(3), license_(2)) == [PARKED, PARKED]
    assert set(ParkedEvent.objects.values_list("consumer", "waiting_for")) == {
        ("licenses", f"subscription-plans:{PLAN}"),
        ("licensed-enrollments", f"licenses:{LICENSE}"),
    }
    assert counts() == [0, 0, 0, 2]


@pytest.mark.django_db
def test_chain_is_applied_link_by_link(room):
    """The plan wakes its license, and the license its enrollment; each retry is at once."""
    outcomes(room, enrollment(3))
    outcomes(room, license_(2))
    assert retry(room) == []
    outcomes(room, plan(1))
    assert (retry(room), retry(room), retry(room)) == ([APPLIED], [APPLIED], [])
    assert counts() == [1, 1, 1, 0]
    totals = OutcomeCount.objects.values_list("applied", "parked")
    assert [sum(column) for column in zip(*totals, strict=True)] == [3, 0]


@pytest.mark.django_db
def test_family_in_one_batch_does_not_wait(room):
    """Parents are written first, whatever the order of arrival."""
    for order in permutations([plan(1), license_(2), enrollment(3)]):
        forget()
        assert outcomes(room, *order) == [APPLIED] * 3


@pytest.mark.django_db
def test_family_in_any_order_ends_in_the_same_rows(room):
    """One event a batch."""
    for order in permutations([plan(1), license_(2), enrollment(3)]):
        forget()
        for event in order:
            work(room, event)
        assert counts() == [1, 1, 1, 0]


@pytest.mark.django_db
def test_only_those_without_a_parent_wait(room):
    """Of one batch, each has its own answer."""
    outcomes(room, plan(1))
    events = [
        license_(2, license_uuid=OTHER_LICENSE, plan_uuid=OTHER_PLAN),
        license_(2),
        enrollment(3, license_uuid=OTHER_LICENSE),
        enrollment(3),
    ]
    assert outcomes(room, *events) == [PARKED, APPLIED, PARKED, APPLIED]


@pytest.mark.django_db
def test_parent_whose_first_event_is_its_deletion(room):
    """A license that is only known to be gone is there for its enrollments."""
    outcomes(room, enrollment(3))
    work(room, license_that_is("deleted", 2), plan_that_is("deleted", 1))
    assert counts() == [1, 1, 1, 0]
    assert License.objects.get().status == "deleted"


@pytest.mark.django_db
def test_parked_event_does_not_overtake_a_newer_one(room):
    """What waited passes the ordering guard like any other."""
    outcomes(room, license_that_is("assigned", 2))
    outcomes(room, plan(1), license_that_is("revoked", 3))
    assert retry(room) == [STALE]
    assert License.objects.get().status == "revoked"


@pytest.mark.django_db
def test_parent_that_is_poison_leaves_its_children_waiting(room):
    """They are applied when a sound event of it comes."""
    assert outcomes(room, plan(1, title=""), license_(2)) == [Outcome.DEAD, PARKED]
    work(room, plan(3))
    assert counts() == [1, 1, 0, 0]


@pytest.mark.django_db
def test_retry_by_time_finds_what_nobody_woke(room):
    """A parent that came past this room's batches is found a second later."""
    outcomes(room, license_(2))
    event = plan(1)
    record = mappers.from_subscription_plan(event.data, event.metadata)
    write_subscription_plans([PositionedRecord(record, event.position)])
    assert retry(room) == []
    assert retry(room, after=parking.FIRST_PAUSE) == [APPLIED]


def actions(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Return action and text of the lines that tell of what was settled."""
    for line in lines:
        _, _, text = line.partition(" INFO ")
        if text.startswith(("batch.committed", "parked.retried")):
            yield text.partition(" ")[0], text


def put_off_by_time(cluster: Cluster) -> None:
    """Let nothing that is parked be due in this century."""
    with closing(sqlite3.connect(cluster.database)) as connection, connection:
        connection.execute("UPDATE event_sync_parkedevent SET retry_at = '2099-01-01 00:00:00'")


def test_worker_applies_a_chain_of_orphans_as_soon_as_its_plan_arrives(cluster: Cluster) -> None:
    """Across a restart, and right after the plan's batch: woken by it, not by the clock."""
    first = cluster.start("run_consumers", ROOM)
    for event in (enrollment(3), license_(2)):
        cluster.produce_event(event, topic=TOPIC)
    cluster.flush()
    cluster.wait_until_settled(ROOM, TOPIC)
    first.kill()
    put_off_by_time(cluster)
    second = cluster.start("run_consumers", ROOM)
    cluster.produce_event(plan(1), topic=TOPIC)
    cluster.flush()
    wait_until(lambda: second.output.count("parked.retried") == 2, "the retries")
    (committed, *retried) = actions(second.lines)
    assert committed[0] == "batch.committed"
    assert [action for action, _ in retried] == ["parked.retried"] * 2
    assert all(text.endswith(" applied=1") for _, text in retried)
    assert [cluster.query(f"SELECT count(*) FROM {table}") for table in TABLES] == [[(1,)]] * 3
    assert cluster.query("SELECT count(*) FROM event_sync_parkedevent") == [(0,)]
