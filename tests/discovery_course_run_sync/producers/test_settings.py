"""The plugin configures Studio's producer, and Studio and the operator have the last word."""

from __future__ import annotations

from functools import partial

import pytest
from openedx_events.content_authoring.signals import (
    COURSE_CATALOG_INFO_CHANGED,
    COURSE_CREATED,
    COURSE_RERUN_COMPLETED,
)
from openedx_events.event_bus import merge_producer_configs

from discovery_course_run_sync.producers.apps import DiscoveryCourseRunSyncProducersConfig
from discovery_course_run_sync.producers.settings import PRODUCER_CONFIG
from shared.testing.factories.content_authoring import CourseCatalogFactory, CourseFactory
from tests.producers import configured, install, key_schemas, publishing, signals_of

CATALOG_INFO_CHANGED = "org.openedx.content_authoring.course.catalog_info.changed.v1"
CREATED = "org.openedx.content_authoring.course.created.v1"
RERUN_COMPLETED = "org.openedx.content_authoring.course.rerun.completed.v1"
TOPIC = "course-catalog-info-changed"
STUDIOS = {
    CATALOG_INFO_CHANGED: {TOPIC: {"event_key_field": "catalog_info.course_key", "enabled": False}}
}
"""What Studio's own settings say of these events."""
OPERATORS = {CATALOG_INFO_CHANGED: {TOPIC: {"enabled": True}}}
"""What the operator's YAML has to say; Studio merges it after its plugins' settings."""


@pytest.fixture
def configure(monkeypatch):
    """Return the producer configuration after Studio has applied its plugins' settings."""
    install(monkeypatch, DiscoveryCourseRunSyncProducersConfig, "cms.djangoapp")
    return partial(configured, monkeypatch, "cms.djangoapp")


@pytest.mark.parametrize("settings_type", ["production", "devstack"])
def test_every_event_is_configured(configure, settings_type):
    """On one topic, keyed by the course run."""
    assert configure(settings_type) == {
        CATALOG_INFO_CHANGED: {
            TOPIC: {"event_key_field": "catalog_info.course_key", "enabled": True}
        },
        CREATED: {TOPIC: {"event_key_field": "course.course_key", "enabled": True}},
        RERUN_COMPLETED: {TOPIC: {"event_key_field": "course.course_key", "enabled": True}},
    }


def test_tests_of_studio_publish_nothing(configure):
    """Studio's own tests run without producer configuration of ours."""
    assert configure("test") is None


def test_entry_that_studio_has_off_stays_off(configure):
    """The plugin can't tell Studio's default from an operator's wish."""
    config = configure(EVENT_BUS_PRODUCER_CONFIG=STUDIOS)
    assert config[CATALOG_INFO_CHANGED] == STUDIOS[CATALOG_INFO_CHANGED]
    assert config[CREATED][TOPIC]["enabled"] is config[RERUN_COMPLETED][TOPIC]["enabled"] is True


def test_operator_turns_it_on(configure):
    """One word in Studio's YAML is enough."""
    config = configure(EVENT_BUS_PRODUCER_CONFIG=STUDIOS)
    assert merge_producer_configs(config, OPERATORS) == PRODUCER_CONFIG


def test_value_that_is_there_wins(configure):
    """What it leaves out is filled in, and other topics of the event stay."""
    before = {
        CREATED: {TOPIC: {"enabled": False}, "another-topic": {"enabled": True}},
        RERUN_COMPLETED: {TOPIC: {"enabled": False}},
    }
    config = configure(EVENT_BUS_PRODUCER_CONFIG=before)
    assert config[CREATED] == {
        TOPIC: {"event_key_field": "course.course_key", "enabled": False},
        "another-topic": {"enabled": True},
    }
    assert config[RERUN_COMPLETED][TOPIC]["enabled"] is False


def test_other_events_are_untouched(configure):
    """The plugin adds to the configuration, it doesn't replace it."""
    other = {"a-topic": {"event_key_field": "a.key", "enabled": True}}
    config = configure(EVENT_BUS_PRODUCER_CONFIG={"another.event.v1": other})
    assert config["another.event.v1"] == other


def test_configured_event_types_exist():
    """Each configured type belongs to the signal that is meant."""
    assert signals_of(PRODUCER_CONFIG) == {
        CATALOG_INFO_CHANGED: COURSE_CATALOG_INFO_CHANGED,
        CREATED: COURSE_CREATED,
        RERUN_COMPLETED: COURSE_RERUN_COMPLETED,
    }


def test_events_of_a_run_share_a_partition():
    """The key's bytes hold its schema, so the schemas must be one and the same."""
    assert key_schemas(PRODUCER_CONFIG, TOPIC) == [{"name": "course_key", "type": "string"}]


def test_studios_events_reach_the_producer(configure):
    """With this configuration openedx-events hands each to the bus, keyed by its course run."""
    before = merge_producer_configs(STUDIOS, OPERATORS)
    with publishing(configure(EVENT_BUS_PRODUCER_CONFIG=before)) as sent:
        COURSE_CREATED.send_event(course=CourseFactory())
        COURSE_RERUN_COMPLETED.send_event(course=CourseFactory())
        COURSE_CATALOG_INFO_CHANGED.send_event(catalog_info=CourseCatalogFactory())
    assert [(message["topic"], message["event_key_field"]) for message in sent] == [
        (TOPIC, "course.course_key"),
        (TOPIC, "course.course_key"),
        (TOPIC, "catalog_info.course_key"),
    ]


def test_catalogue_event_stays_in_studio_until_it_is_turned_on(configure):
    """Whoever forgets the operator's part gets rows with keys and nothing else."""
    with publishing(configure(EVENT_BUS_PRODUCER_CONFIG=STUDIOS)) as sent:
        COURSE_CATALOG_INFO_CHANGED.send_event(catalog_info=CourseCatalogFactory())
        COURSE_CREATED.send_event(course=CourseFactory())
    assert [message["signal"] for message in sent] == [COURSE_CREATED]
