"""What came from the bus doesn't go back: the room's producer is silent meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models.signals import post_delete, post_save, pre_delete
from django.utils.timezone import now
from openedx_events.tooling import OpenEdxPublicSignal

from enterprise_license_sync.producers import license_manager as producer
from shared.events.enterprise import signals
from shared.events.enterprise.signals import LICENSE_CREATED, SUBSCRIPTION_PLAN_RENEWED
from shared.outcomes import Outcome
from shared.testing import deliver, make_event
from tests.hosts.license_manager.events import (
    OTHER_PLAN,
    committed,
    license_,
    outcomes,
    plan,
)
from tests.hosts.license_manager.rows import (
    get_plan,
    make_agreement,
    make_license,
    make_plan,
    model,
)

pytestmark = pytest.mark.django_db

APPLIED, UNCHANGED = Outcome.APPLIED, Outcome.UNCHANGED


@pytest.fixture(autouse=True)
def producing() -> Iterator[None]:
    """License Manager publishes what it saves."""
    listened_to = (post_save, pre_delete, post_delete)
    before = [list(signal.receivers) for signal in listened_to]
    producer.connect()
    yield
    for signal, receivers in zip(listened_to, before, strict=True):
        signal.receivers = receivers
        signal.sender_receivers_cache.clear()


@pytest.fixture
def published() -> Iterator[list[Any]]:
    """The room's events that License Manager has sent, not those from the bus."""
    events: list[Any] = []
    ours = [each for each in vars(signals).values() if isinstance(each, OpenEdxPublicSignal)]

    def record(*, signal: Any, metadata: Any, from_event_bus: bool, **data: Any) -> None:
        if not from_event_bus:
            told = {name: data[name] for name in signal.init_data}
            events.append(make_event(signal, time=metadata.time, **told))

    for signal in ours:
        signal.connect(record)
    yield events
    for signal in ours:
        signal.disconnect(record)


@pytest.mark.parametrize("own_licenses", [False, True])
def test_nothing_that_an_event_wrote_is_published(room, configure, published, own_licenses):
    """Neither plan, renewal nor license, by whichever of License Manager's functions."""
    configure(
        subscription_plans={"MAKE_LICENSES": own_licenses, "CREATE_AGREEMENTS": True},
        licenses={"REPLACE_REVOKED": own_licenses},
    )
    told = [
        plan(0, plan_uuid=OTHER_PLAN, title="Next"),
        plan(1),
        plan(2, SUBSCRIPTION_PLAN_RENEWED, renewed_to_uuid=OTHER_PLAN),
        license_(3, "unassigned"),
        license_(4, "activated"),
        license_(5, "revoked"),
        license_(6, "deleted"),
    ]
    assert [outcomes(room, event) for event in told] == [[APPLIED]] * len(told)
    assert published == []


def test_licenses_that_license_manager_makes_are_its_own_news(
    room, configure, published, monkeypatch
):
    """They are published with their plan's commit, where its bulk method does so, and alone."""
    configure(subscription_plans={"MAKE_LICENSES": True})
    licenses = model("License")
    write = licenses.bulk_create

    def bulk_create(license_objects):
        write(license_objects)
        producer.publish_licenses(license_objects, LICENSE_CREATED, time=now())

    monkeypatch.setattr(licenses, "bulk_create", bulk_create)
    make_agreement()
    with committed():
        deliver(room, plan(1, desired_num_licenses=2))
        assert published == []
    assert [event.metadata.event_type for event in published] == [LICENSE_CREATED.event_type] * 2


def test_what_license_manager_published_itself_changes_nothing(room, published, tracked):
    """A service that consumes its own events writes, publishes and tells nobody anything."""
    with committed():
        make_agreement()
        make_plan(desired_num_licenses=None)
        row = make_license()
        row.status, row.user_email = "assigned", "Learner@Example.com"
        row.save()
    told, tracked[:] = list(published), []
    before = (get_plan().history.count(), row.history.count())
    assert [outcomes(room, event) for event in told[-2:]] == [[UNCHANGED], [UNCHANGED]]
    assert (get_plan().history.count(), row.history.count()) == before
    assert (len(published), tracked) == (len(told), [])
