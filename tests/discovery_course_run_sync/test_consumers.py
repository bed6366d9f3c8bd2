"""The declaration agrees with the events, with the producers and with the registry of rooms."""

from __future__ import annotations

import json

import pytest
from edx_event_bus_kafka.internal.producer import extract_key_schema
from openedx_events.event_bus.avro.serializer import AvroSignalSerializer

from discovery_course_run_sync.consumers import COURSE_RUNS
from discovery_course_run_sync.producers.settings import PRODUCER_CONFIG
from shared.conf import get_settings

CATALOG_INFO_CHANGED = "org.openedx.content_authoring.course.catalog_info.changed.v1"
CREATED = "org.openedx.content_authoring.course.created.v1"
RERUN_COMPLETED = "org.openedx.content_authoring.course.rerun.completed.v1"


def test_event_types():
    """All in which Studio tells of a course run."""
    types = {route.signal.event_type for route in COURSE_RUNS.routes}
    assert types == {CATALOG_INFO_CHANGED, CREATED, RERUN_COMPLETED}


def test_events_that_know_only_the_key_change_no_row():
    """Their times are those of sending, and say nothing of what the run is like."""
    creating = {route.signal.event_type for route in COURSE_RUNS.routes if route.creates_only}
    assert creating == {CREATED, RERUN_COMPLETED}


def test_room_is_registered(room):
    """Installing the application is all it takes."""
    assert room.consumers == (COURSE_RUNS,)
    assert room.topics == ("course-catalog-info-changed",)


def test_destination_is_configured():
    """The reference project writes to the room's own table."""
    destination = get_settings().destination_of("course-runs")
    assert destination.__name__ == "write_course_runs"


@pytest.mark.parametrize("route", COURSE_RUNS.routes, ids=lambda route: route.signal.event_type)
def test_producers_use_the_declared_topic_and_key(route):
    """What Studio's plugin configures is what the room reads."""
    assert PRODUCER_CONFIG[route.signal.event_type][COURSE_RUNS.topic]["event_key_field"] == (
        route.key_field
    )


def test_keys_have_one_schema():
    """The key's bytes hold its schema's id: one schema, one partition for a run's events."""
    schemas = {
        extract_key_schema(AvroSignalSerializer(route.signal), route.key_field)
        for route in COURSE_RUNS.routes
    }
    assert [json.loads(schema) for schema in schemas] == [{"name": "course_key", "type": "string"}]
