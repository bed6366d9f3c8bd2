"""The docs' examples run: each block of Python of the guide, in the service that it is for."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.utils.timezone import now

from enterprise_license_sync.producers.settings import PLAN_AND_LICENSE_CONFIG
from shared.events.enterprise.signals import (
    LICENSE_ASSIGNED,
    LICENSE_CREATED,
    LICENSE_RENEWED,
    LICENSED_ENROLLMENT_CHANGED,
    SUBSCRIPTION_PLAN_CHANGED,
    SUBSCRIPTION_PLAN_CREATED,
)
from shared.testing import deliver, make_event
from tests.enterprise_license_sync.events import LICENSE, license_, plan, work
from tests.enterprise_license_sync.producers.rows import (
    CATALOG,
    CUSTOMER,
    END,
    START,
    enroll,
    make_license,
    make_plan,
    note_license,
)
from tests.enterprise_license_sync.producers.stand_ins import timestamps
from tests.enterprise_license_sync.producers.stand_ins.subscriptions.models import License
from tests.producers import stand_in

GUIDE = Path(__file__).parents[3] / "docs" / "how_to" / "produce_license_events.md"
SETTINGS, BULK, FIRST_FILL, PROVISIONING_SETTINGS, PROVISIONING, ENROLLMENTS = re.findall(
    r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL
)


def run(example: str) -> SimpleNamespace:
    """Run an example and return what it defines."""
    defined: dict[str, Any] = {}
    exec(example, defined)
    return SimpleNamespace(**defined)


def update(license_: License, field: str) -> None:
    """Write what one of License Manager's bulk methods writes."""
    License.bulk_update([license_], [field])


def test_settings_of_license_manager(monkeypatch):
    """They add to License Manager's own."""
    name = "license_manager.settings.production"
    for parent in ("license_manager", "license_manager.settings"):
        stand_in(monkeypatch, parent)
    stand_in(monkeypatch, name, INSTALLED_APPS=("license_manager.apps.subscriptions",))
    settings = run(SETTINGS)
    assert settings.INSTALLED_APPS == (
        "license_manager.apps.subscriptions",
        "openedx_events",
        "enterprise_license_sync.producers",
    )
    assert settings.EVENT_BUS_PRODUCER_CONFIG == PLAN_AND_LICENSE_CONFIG


@pytest.mark.django_db
@pytest.mark.usefixtures("license_manager")
def test_lines_around_the_bulk_methods(published, commit):
    """With them, what the bulk methods write is published, each time as of before the write."""
    example, plan = run(BULK), make_plan()
    follower, license_ = License(subscription_plan=plan), License(subscription_plan=plan)
    licenses = [follower, license_]
    with commit():
        example.bulk_create(licenses, lambda: License.bulk_create(licenses))
    license_.status = "assigned"
    with commit():
        example.bulk_update([license_], ["status"], lambda: update(license_, "status"))
    license_.renewed_to = follower
    with commit():
        example.bulk_update([license_], ["renewed_to"], lambda: update(license_, "renewed_to"))
    assert [event.signal for event in published] == [
        LICENSE_CREATED,
        LICENSE_CREATED,
        LICENSE_ASSIGNED,
        LICENSE_RENEWED,
    ]
    assert published[-1].data.renewed_to_uuid == follower.uuid
    created, _, assigned, renewed = (event.time for event in published)
    assert license_.modified < created < assigned < renewed


@pytest.mark.django_db
@pytest.mark.usefixtures("license_manager")
def test_activation_during_a_bulk_method_is_newer(monkeypatch, published, commit, room):
    """It took its time while the method wrote, and is committed after the licenses were read."""
    license_, began = make_license(status="assigned"), []

    def write():
        began.append(now())
        update(license_, "status")

    with commit():
        run(BULK).bulk_update([license_], ["status"], write)
    monkeypatch.setattr(timestamps, "now", began.pop)
    with commit():
        license_.status = "activated"
        license_.save()
    events = [make_event(each.signal, time=each.time, license=each.data) for each in published]
    work(room, plan(0, plan_uuid=license_.subscription_plan_id))
    assert [deliver(room, event).endings[0].outcome for event in events] == ["applied", "applied"]


@pytest.mark.django_db
def test_first_fill(published, commit):
    """What was there before is published as of then, each plan before its licenses."""
    license_ = make_license(status="assigned")
    with commit():
        run(FIRST_FILL)
    assert [(event.signal, event.time) for event in published] == [
        (SUBSCRIPTION_PLAN_CHANGED, license_.subscription_plan.modified),
        (LICENSE_ASSIGNED, license_.modified),
    ]


def test_settings_of_the_provisioning_service():
    """They are License Manager's, whatever else the service publishes."""
    assert run(PROVISIONING_SETTINGS).EVENT_BUS_PRODUCER_CONFIG == PLAN_AND_LICENSE_CONFIG


@pytest.mark.django_db
def test_plan_of_the_provisioning_service(published, commit, room):
    """It is sent as of its modification, and the room takes it."""
    modified = datetime(2026, 2, 1, tzinfo=UTC)
    plan = SimpleNamespace(
        uuid=UUID(int=31),
        title="Provisioned",
        enterprise_customer_uuid=CUSTOMER,
        start_date=START,
        expiration_date=END,
        is_active=True,
        desired_num_licenses=5,
        enterprise_catalog_uuid=CATALOG,
        modified=modified,
    )
    with commit():
        run(PROVISIONING).publish_new_plan(plan)
    [event] = published
    assert (event.signal, event.time) == (SUBSCRIPTION_PLAN_CREATED, modified)
    sent = make_event(event.signal, time=event.time, subscription_plan=event.data)
    assert [ending.outcome for ending in deliver(room, sent).endings] == ["applied"]


@pytest.mark.django_db
def test_enrollments_of_known_licenses(published, commit, room):
    """They are published as of their own records."""
    work(room, plan(0), license_(1))
    enroll()
    licensed = note_license(LICENSE)
    with commit():
        run(ENROLLMENTS)
    event = published[-1]
    assert (event.signal, event.from_event_bus) == (LICENSED_ENROLLMENT_CHANGED, False)
    assert event.time == licensed.modified
