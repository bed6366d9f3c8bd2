"""What was stored is decoded outside of a worker, with a registry only where one is needed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.exceptions import ConfigurationError, TransientError, UndecodableMessage
from shared.stored_events import StoredEvents
from shared.testing.factories.learning import CourseGradeFactory
from tests.library import shelf
from tests.wire import running_wire, with_header


def test_direct_event_needs_no_registry(settings):
    """A service without Kafka has none."""
    settings.EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL = None
    event = shelf(topic="", partition=-1)
    with StoredEvents() as events:
        assert events.event_of(event.message).data == event.data


def test_registry_that_is_missing_is_said(settings):
    """By the setting that it needs."""
    settings.EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL = None
    with (
        StoredEvents() as events,
        pytest.raises(ConfigurationError, match="EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL is not set"),
    ):
        events.event_of(shelf().message)


def test_registry_that_is_away_is_transient(settings):
    """The message isn't to blame."""
    settings.EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL = "http://127.0.0.1:1"
    message = replace(shelf().message, value=b"\0\0\0\0\1")
    with StoredEvents() as events, pytest.raises(TransientError):
        events.event_of(message)


def test_messages_of_the_bus():
    """Read as a worker reads them; a type that is known no more is damage, for it was known."""
    with running_wire() as wire, StoredEvents() as events:
        grade = CourseGradeFactory()
        message = wire.message(COURSE_GRADE_CHANGED, grade=grade)
        assert events.event_of(message).data == {"grade": grade}
        unknown = with_header(message, "ce_type", b"org.openedx.nobody.knows.v1")
        with pytest.raises(UndecodableMessage, match="ce_type: known no more"):
            events.event_of(unknown)
        schema = wire.framed('"no Avro schema: a name of nothing"', b"")
        with pytest.raises(UndecodableMessage, match="is no Avro schema"):
            events.event_of(replace(message, value=schema))
