"""The catalogue has every event, from the rooms' code and the service's settings."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import pytest
from openedx_events.learning.signals import (
    COURSE_ENROLLMENT_CREATED,
    COURSE_NOTIFICATION_REQUESTED,
)

from shared import registry
from shared.catalogue import CatalogueEntry, catalogue
from shared.consumer import Consumer, Room, Route
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.exceptions import ConfigurationError
from shared.learners import Identity, Learner, LearnerField
from shared.testing import registered
from tests.grades import ROOM, TOPIC
from tests.producers import stand_in
from tests.testapp.events import BOOK_CHANGED, SHELF_CHANGED
from tests.testapp.room import BOOKS, SHELVES

GRADE = COURSE_GRADE_CHANGED.event_type
PLAN_CREATED = "org.openedx.enterprise.subscription_plan.created.v1"


def entries(event_type: str) -> list[CatalogueEntry]:
    """Return what the catalogue has of an event."""
    return [entry for entry in catalogue() if entry.event_type == event_type]


def entry(event_type: str) -> CatalogueEntry:
    """Return the only entry of an event."""
    (only,) = entries(event_type)
    return only


def test_every_route_is_in_it():
    """Each event of each consumer, once, with its topic and key."""
    routes = [
        (room.name, consumer.name, consumer.topic, route.signal.event_type, route.key_field)
        for room in registry.rooms()
        for consumer in room.consumers
        for route in consumer.routes
    ]
    told = [
        (consumer.room, consumer.consumer, each.topic, each.event_type, each.key_field)
        for each in catalogue()
        for consumer in each.consumers
    ]
    assert sorted(told) == sorted(routes)


def test_event_with_everything(settings):
    """All that is asked of an event, as the settings have it."""
    settings.EVENT_BUS_TOPIC_PREFIX = "prod"
    settings.EVENT_SYNC = settings.EVENT_SYNC | {
        "MODES": {"user-grades": "shadow"},
        "GROUPS": {ROOM: "grades"},
    }
    grade = entry(GRADE)
    (consumer,), (publisher,) = grade.consumers, grade.publishers
    assert grade.signal == "shared.events.learning.signals.COURSE_GRADE_CHANGED"
    assert (grade.name, grade.topic) == ("COURSE_GRADE_CHANGED", TOPIC)
    assert (grade.full_topic, grade.key_field) == (f"prod-{TOPIC}", "grade.user_id")
    assert grade.key_schema == {"name": "user_id", "type": "long"}
    assert (consumer.room, consumer.consumer) == (ROOM, "user-grades")
    assert (consumer.mode, consumer.group) == ("shadow", "grades-shadow")
    assert (publisher.service, publisher.package) == ("LMS", f"{ROOM}.producers")
    assert grade.learner_fields == ("grade.user_id", "grade.username")
    assert grade.golden_schema == f"shared/events/schemas/{GRADE}.avsc"


def test_signal_paths_lead_to_the_signals():
    """Each is the place where a squad imports it from."""
    for each in catalogue():
        assert each.signal is not None
        module, _, name = each.signal.rpartition(".")
        assert module.endswith(".signals")
        assert getattr(import_module(module), name).event_type == each.event_type


def test_signal_that_another_module_called_signals_has_as_well(monkeypatch):
    """The one beside the event's data counts, whoever imports it."""
    before = entry(GRADE).signal
    stand_in(monkeypatch, "aaa.signals", COPY=COURSE_GRADE_CHANGED)
    assert entry(GRADE).signal == before


def test_signal_that_no_module_names():
    """Its event goes by its type."""
    assert replace(entry(GRADE), signal=None).name == GRADE


@pytest.mark.parametrize("enabled", [True, False])
def test_what_this_service_publishes(settings, enabled):
    """It is what the settings in force say, whatever a plugin wanted."""
    grade = {"event_key_field": "grade.user_id", "enabled": enabled}
    settings.EVENT_BUS_PRODUCER_CONFIG = {GRADE: {TOPIC: grade}}
    assert entry(GRADE).published_here is enabled
    assert entry(PLAN_CREATED).published_here is None


def test_who_disagrees_about_topic_or_key_is_seen(settings):
    """An event that is published where, or as, nobody consumes it is an entry of its own."""
    other = {"event_key_field": "grade.username", "enabled": True}
    settings.EVENT_BUS_PRODUCER_CONFIG = {GRADE: {TOPIC: other, "elsewhere": other}}
    told = {
        (each.topic, each.key_field): (bool(each.consumers), each.published_here)
        for each in entries(GRADE)
    }
    assert told == {
        (TOPIC, "grade.user_id"): (True, None),
        (TOPIC, "grade.username"): (False, True),
        ("elsewhere", "grade.username"): (False, True),
    }


def test_other_events_of_the_service_are_left_out(settings):
    """What no room is about isn't for this catalogue."""
    config = {"t": {"event_key_field": "enrollment.course.course_key", "enabled": True}}
    settings.EVENT_BUS_PRODUCER_CONFIG = {COURSE_ENROLLMENT_CREATED.event_type: config}
    assert entries(COURSE_ENROLLMENT_CREATED.event_type) == []


def test_several_consumers_of_an_event(library: Room):
    """They are told with each other."""
    again = replace(BOOKS, name="books-again")
    with registered("second", again):
        consumers = entry(BOOK_CHANGED.event_type).consumers
    assert [(each.room, each.consumer) for each in consumers] == [
        ("second", "books-again"),
        (library.name, "books"),
    ]


def test_event_without_learner_or_producer(library: Room):
    """Nothing is made up."""
    book = entry(BOOK_CHANGED.event_type)
    assert (book.learner_fields, book.publishers, book.golden_schema) == ((), (), None)


def test_learner_that_a_consumer_declares():
    """A field that names a learner under a name of its own is known by the declaration."""
    learner = Learner((LearnerField(Identity.USERNAME, "shelf.label", "label"),))
    with registered("readers", replace(SHELVES, learner=learner)):
        assert entry("org.openedx.tests.shelf.changed.v1").learner_fields == ("shelf.label",)


def test_learner_that_a_consumer_of_another_topic_declares(settings):
    """An event names the same learner wherever it is published."""
    learner = Learner((LearnerField(Identity.USERNAME, "shelf.label", "label"),))
    shelf = {"event_key_field": "shelf.code", "enabled": True}
    settings.EVENT_BUS_PRODUCER_CONFIG = {SHELF_CHANGED.event_type: {"elsewhere": shelf}}
    with registered("readers", replace(SHELVES, learner=learner)):
        told = {each.topic: each.learner_fields for each in entries(SHELF_CHANGED.event_type)}
    assert told == {SHELVES.topic: ("shelf.label",), "elsewhere": ("shelf.label",)}


def test_learner_of_openedx_events():
    """All of ``UserData`` is about a person, its plain ``id`` and ``name`` included."""
    route = Route(
        signal=COURSE_ENROLLMENT_CREATED,
        key_field="enrollment.course.course_key",
        accept=BOOKS.routes[0].accept,
        to_record=BOOKS.routes[0].to_record,
    )
    with registered("reporting", Consumer(name="reporting", topic="t", routes=(route,))):
        fields = entry(COURSE_ENROLLMENT_CREATED.event_type).learner_fields
    assert {
        "enrollment.user.id",
        "enrollment.user.pii.name",
        "enrollment.user.pii.email",
        "enrollment.user.pii.username",
    } <= set(fields)
    assert not any(field.startswith("enrollment.course.") for field in fields)


def test_key_that_the_event_lacks():
    """It is told as it is declared; a system check says what is wrong."""
    (route,) = BOOKS.routes
    wrong = replace(BOOKS, routes=(replace(route, key_field="book.shelf"),))
    with registered("wrong", wrong):
        assert entry(BOOK_CHANGED.event_type).key_schema is None


def test_event_that_nobody_declares(monkeypatch, library: Room):
    """It is one line that says what to do."""
    config = {"no.such.event.v1": {"t": {"event_key_field": "a.b", "enabled": True}}}
    stand_in(monkeypatch, f"{library.name}.producers")
    stand_in(monkeypatch, f"{library.name}.producers.settings", BY_SERVICE={"LMS": config})
    with pytest.raises(ConfigurationError, match=r"declares the event no\.such\.event\.v1\. Hint:"):
        catalogue()


def test_event_without_a_schema():
    """What openedx-events can't put into Avro is one line that names the event."""
    (route,) = BOOKS.routes
    without = replace(route, signal=COURSE_NOTIFICATION_REQUESTED)
    wrong = replace(BOOKS, routes=(without,), snapshot=None)
    told = rf"{COURSE_NOTIFICATION_REQUESTED.event_type} has no schema, .* Hint:"
    with registered("wrong", wrong), pytest.raises(ConfigurationError, match=told):
        catalogue()
