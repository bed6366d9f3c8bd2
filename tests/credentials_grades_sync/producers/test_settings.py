"""The plugin configures the LMS's producer, and the operator has the last word."""

from __future__ import annotations

from functools import partial

import pytest
from openedx_events.learning.signals import PERSISTENT_GRADE_SUMMARY_CHANGED

from credentials_grades_sync.producers.settings import PRODUCER_CONFIG
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from tests.producers import configured, key_schemas, publishing, signals_of

GRADE = "org.openedx.learning.course.grade.changed.v1"
SUMMARY = "org.openedx.learning.course.persistent_grade_summary.changed.v1"
TOPIC = "learning-course-grade-lifecycle"


@pytest.fixture
def configure(monkeypatch, installed_plugin):
    """Return the producer configuration after the LMS has applied its plugins' settings."""
    return partial(configured, monkeypatch, "lms.djangoapp")


@pytest.mark.parametrize("settings_type", ["production", "devstack"])
def test_grades_are_published_by_default(configure, settings_type):
    """Installing the plugin is enough to publish grades."""
    assert configure(settings_type)[GRADE] == {
        TOPIC: {"event_key_field": "grade.user_id", "enabled": True}
    }


def test_summaries_are_left_to_the_operator(configure):
    """The LMS's own grade event is ready to be enabled."""
    assert configure()[SUMMARY] == {TOPIC: {"event_key_field": "grade.user_id", "enabled": False}}


def test_tests_of_the_lms_publish_nothing(configure):
    """The LMS's own tests run without producer configuration of ours."""
    assert configure("test") is None


def test_value_that_is_there_wins(configure):
    """An operator's value stays; what it leaves out is filled in."""
    config = configure(
        EVENT_BUS_PRODUCER_CONFIG={
            GRADE: {TOPIC: {"enabled": False}, "another-topic": {"enabled": True}},
            SUMMARY: {TOPIC: {"enabled": True}},
        }
    )
    assert config[GRADE] == {
        TOPIC: {"event_key_field": "grade.user_id", "enabled": False},
        "another-topic": {"enabled": True},
    }
    assert config[SUMMARY][TOPIC] == {"event_key_field": "grade.user_id", "enabled": True}


def test_other_events_are_untouched(configure):
    """The plugin adds to the configuration, it doesn't replace it."""
    other = {"a-topic": {"event_key_field": "a.key", "enabled": True}}
    assert (
        configure(EVENT_BUS_PRODUCER_CONFIG={"another.event.v1": other})["another.event.v1"]
        == other
    )


def test_configured_event_types_exist():
    """Each configured type belongs to the signal that is meant."""
    assert signals_of(PRODUCER_CONFIG) == {
        GRADE: COURSE_GRADE_CHANGED,
        SUMMARY: PERSISTENT_GRADE_SUMMARY_CHANGED,
    }


def test_both_events_of_a_learner_share_a_partition():
    """The key's bytes hold its schema, so the schemas must be one and the same."""
    assert key_schemas(PRODUCER_CONFIG, TOPIC) == [{"name": "user_id", "type": "long"}]


@pytest.mark.django_db
def test_grade_reaches_the_producer(lms, configure, django_capture_on_commit_callbacks):
    """With this configuration openedx-events hands the event to the bus, keyed by the learner."""
    with publishing(configure()) as sent, django_capture_on_commit_callbacks(execute=True):
        lms.grade()
    [message] = sent
    assert (message["topic"], message["event_key_field"]) == (TOPIC, "grade.user_id")
    assert message["event_data"]["grade"].user_id == 7
