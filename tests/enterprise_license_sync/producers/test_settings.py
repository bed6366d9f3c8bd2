"""The services' producers are configured, and the operator has the last word."""

from __future__ import annotations

from functools import partial

import pytest

from enterprise_license_sync.consumers import LICENSED_ENROLLMENTS, LICENSES, SUBSCRIPTION_PLANS
from enterprise_license_sync.producers.apps import EnterpriseLicenseSyncProducersConfig
from enterprise_license_sync.producers.settings import (
    ENROLLMENT_CONFIG,
    PLAN_AND_LICENSE_CONFIG,
    TOPIC,
)
from tests.enterprise_license_sync.events import license_, plan, work
from tests.enterprise_license_sync.producers.rows import (
    enroll,
    make_license,
    note_license,
)
from tests.producers import configured, install, key_schemas, publishing, signals_of

ENROLLMENT = "org.openedx.enterprise.licensed_enrollment.changed.v1"
ALL = {**PLAN_AND_LICENSE_CONFIG, **ENROLLMENT_CONFIG}


@pytest.fixture
def configure(monkeypatch):
    """Return the producer configuration after the LMS has applied its plugins' settings."""
    install(monkeypatch, EnterpriseLicenseSyncProducersConfig, "lms.djangoapp")
    return partial(configured, monkeypatch, "lms.djangoapp")


@pytest.mark.parametrize("settings_type", ["production", "devstack"])
def test_lms_publishes_enrollments_and_nothing_else(configure, settings_type):
    """Plans and licenses are License Manager's to publish."""
    assert configure(settings_type) == {
        ENROLLMENT: {TOPIC: {"event_key_field": "licensed_enrollment.plan_uuid", "enabled": True}}
    }


def test_tests_of_the_lms_publish_nothing(configure):
    """The LMS's own tests run without producer configuration of ours."""
    assert configure("test") is None


def test_value_that_is_there_wins(configure):
    """An operator's value stays; what it leaves out is filled in, other events are untouched."""
    other = {"a-topic": {"event_key_field": "a.key", "enabled": True}}
    before = {ENROLLMENT: {TOPIC: {"enabled": False}}, "another.event.v1": other}
    assert configure(EVENT_BUS_PRODUCER_CONFIG=before) == {
        ENROLLMENT: {TOPIC: {"event_key_field": "licensed_enrollment.plan_uuid", "enabled": False}},
        "another.event.v1": other,
    }


def test_all_that_the_room_consumes_is_configured_as_it_consumes_it():
    """Neither an event nor a key field differs."""
    routes = {
        route.signal.event_type: {consumer.topic: route.key_field}
        for consumer in (SUBSCRIPTION_PLANS, LICENSES, LICENSED_ENROLLMENTS)
        for route in consumer.routes
    }
    assert routes == {
        event_type: {topic: entry["event_key_field"] for topic, entry in topics.items()}
        for event_type, topics in ALL.items()
    }
    assert signals_of(ALL).keys() == routes.keys()


def test_events_of_a_plan_share_a_partition():
    """The key's bytes hold its schema, so the schemas must be one and the same."""
    assert key_schemas(ALL, TOPIC) == [{"name": "plan_uuid", "type": "string"}]


@pytest.mark.django_db
@pytest.mark.usefixtures("license_manager")
def test_plans_and_licenses_reach_the_producer(commit):
    """With this configuration openedx-events hands them to the bus, keyed by the plan."""
    with publishing(PLAN_AND_LICENSE_CONFIG) as sent, commit():
        row = make_license()
    assert [(message["topic"], message["event_key_field"]) for message in sent] == [
        (TOPIC, "subscription_plan.plan_uuid"),
        (TOPIC, "license.plan_uuid"),
    ]
    assert sent[1]["event_data"]["license"].license_uuid == row.uuid


@pytest.mark.django_db
@pytest.mark.usefixtures("lms")
def test_enrollments_reach_the_producer(commit, room, configure):
    """With the plugin's configuration, keyed by the license's plan; what was consumed doesn't."""
    with publishing(configure()) as sent, commit():
        work(room, plan(0), license_(1))
        enroll()
        record = note_license(license_(1).data["license"].license_uuid)
    assert {(message["topic"], message["event_key_field"]) for message in sent} == {
        (TOPIC, "licensed_enrollment.plan_uuid")
    }
    data = sent[-1]["event_data"]["licensed_enrollment"]
    assert data.license_uuid == record.license_uuid
