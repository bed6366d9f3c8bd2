"""The AsyncAPI document conforms to AsyncAPI's own schema, and says what is on the wire."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from io import BytesIO
from typing import Any
from uuid import uuid4

import fastavro
import pytest
from django.utils import timezone
from edx_event_bus_kafka.internal.utils import _get_headers_from_metadata
from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match
from openedx_events.data import EventsMetadata
from openedx_events.event_bus.avro.serializer import serialize_event_data_to_bytes

from shared.asyncapi import Document, document
from shared.catalogue import catalogue
from shared.cloudevents import headers_of
from shared.consumer import Room
from tests.grades import ROOM, TOPIC
from tests.processes import ROOT
from tests.producers import stand_in
from tests.testapp.events import BOOK_CHANGED, BookData

OFFICIAL = ROOT / "tests" / "third_party" / "asyncapi" / "3.0.0.json"
GRADE = "org.openedx.learning.course.grade.changed.v1"
LICENSE = "org.openedx.enterprise.license.created.v1"
SUMMARY = "org.openedx.learning.course.persistent_grade_summary.changed.v1"


@cache
def validator() -> Draft7Validator:
    """Return what validates by AsyncAPI's own schema."""
    return Draft7Validator(json.loads(OFFICIAL.read_text()))


def problem(described: Document) -> object:
    """Return what AsyncAPI's schema has against a document, if anything."""
    return best_match(validator().iter_errors(described))


def made() -> Document:
    """Return the document of what is installed."""
    described: Document = json.loads(json.dumps(document(catalogue())))
    return described


def references(node: Any) -> Iterator[str]:
    """Yield every reference."""
    if isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            yield reference
        for each in node.values():
            yield from references(each)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def looked_up(described: Document, reference: str) -> Any:
    """Return what a reference leads to. Raises ``KeyError`` if that is nowhere."""
    found = described
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


@pytest.fixture
def disagreeing(settings: Any) -> None:
    """A service that publishes an event with another key, and elsewhere as well."""
    other = {"event_key_field": "grade.username", "enabled": True}
    settings.EVENT_BUS_PRODUCER_CONFIG = {GRADE: {TOPIC: other, "elsewhere": other}}


def test_installed_rooms_conform():
    """Every part of it is as AsyncAPI 3 says, the Avro schemas inside included."""
    assert problem(made()) is None


@pytest.mark.usefixtures("disagreeing")
def test_odd_settings_conform(settings, library: Room):
    """With a prefix, a shadow, a room without producers, and two keys of one event."""
    settings.EVENT_BUS_TOPIC_PREFIX = "prod"
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"MODES": {"user-grades": "shadow"}}
    assert problem(made()) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d.update(asyncapi="2.6.0"),
        lambda d: d["operations"]["receive-user-grades"].pop("channel"),
        lambda d: d["components"]["messages"][GRADE]["payload"]["schema"].update(type="recrod"),
        lambda d: d["components"]["messages"][GRADE]["bindings"]["kafka"].update(key=7),
        lambda d: d["channels"][TOPIC].update(subscribe={}),
    ],
    ids=["version", "operation", "avro", "binding", "channel"],
)
def test_damage_is_found(damage: Callable[[Document], object]):
    """AsyncAPI's schema looks into every part that the tests above rely on."""
    described = deepcopy(made())
    damage(described)
    assert problem(described) is not None


@pytest.mark.usefixtures("disagreeing")
def test_references_lead_somewhere():
    """And an operation's messages are those of its channel, as AsyncAPI wants it."""
    described = made()
    found = list(references({**described, "components": {}}))
    assert all(looked_up(described, reference) for reference in found)
    for operation in described["operations"].values():
        channel = f"{operation['channel']['$ref']}/messages/"
        assert operation["messages"]
        assert all(message["$ref"].startswith(channel) for message in operation["messages"])


def test_operations_of_a_topic(settings):
    """Who sends and who receives, with the group; what is off is told."""
    settings.EVENT_BUS_TOPIC_PREFIX = "prod"
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"GROUPS": {ROOM: "grades"}}
    described = made()
    operations = {
        name: operation
        for name, operation in described["operations"].items()
        if operation["channel"]["$ref"] == f"#/channels/{TOPIC}"
    }
    assert {name: operation["action"] for name, operation in operations.items()} == {
        f"send-lms-{TOPIC}": "send",
        "receive-user-grades": "receive",
    }
    group = operations["receive-user-grades"]["bindings"]["kafka"]["groupId"]
    assert group == {"type": "string", "const": "grades"}
    told = operations[f"send-lms-{TOPIC}"]["description"]
    assert told == "PERSISTENT_GRADE_SUMMARY_CHANGED is off by default."
    assert described["channels"][TOPIC]["address"] == f"prod-{TOPIC}"


def test_event_that_two_packages_let_a_service_publish(monkeypatch, library: Room):
    """The service sends it once: AsyncAPI wants no message twice."""
    config = {GRADE: {TOPIC: {"event_key_field": "grade.user_id", "enabled": True}}}
    stand_in(monkeypatch, f"{library.name}.producers")
    stand_in(monkeypatch, f"{library.name}.producers.settings", BY_SERVICE={"LMS": config})
    described = made()
    messages = described["operations"][f"send-lms-{TOPIC}"]["messages"]
    assert [message["$ref"].rpartition("/")[2] for message in messages] == [GRADE, SUMMARY]
    assert problem(described) is None


def test_key_and_learner_of_a_message():
    """The key is told as it is sent; whether learners are named, by their fields."""
    messages = made()["components"]["messages"]
    assert messages[GRADE]["bindings"]["kafka"]["key"] == {
        "title": "grade.user_id",
        "type": "integer",
        "x-avro-schema": {"name": "user_id", "type": "long"},
    }
    assert messages[GRADE]["x-learner-fields"] == ["grade.user_id", "grade.username"]
    assert "tags" not in messages["org.openedx.content_authoring.course.created.v1"]


@pytest.mark.usefixtures("disagreeing")
def test_event_with_two_keys():
    """It is two messages, each with its key."""
    messages = made()["components"]["messages"]
    keys = {
        name: message["bindings"]["kafka"]["key"]["title"]
        for name, message in messages.items()
        if message["name"] == GRADE
    }
    assert keys == {
        f"{GRADE}-grade.user_id": "grade.user_id",
        f"{GRADE}-grade.username": "grade.username",
    }


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("license.user_email", {"type": ["null", "string"]}),
        ("license", {"type": "object"}),
        ("license.nothing", {}),
    ],
)
def test_odd_keys(settings, path, key):
    """One that may be null, one that is a record, and one that the event lacks."""
    config = {"t": {"event_key_field": path, "enabled": True}}
    settings.EVENT_BUS_PRODUCER_CONFIG = {LICENSE: config}
    described = made()
    told = described["components"]["messages"][f"{LICENSE}-{path}"]["bindings"]["kafka"]["key"]
    told.pop("x-avro-schema", None)
    assert told == {"title": path, **key}
    assert problem(described) is None


def test_payload_reads_what_openedx_events_writes(library: Room):
    """Whoever has the document alone can read an event."""
    book = BookData(code="A", isbn="1", title="Emma", price=7)
    message = made()["components"]["messages"][BOOK_CHANGED.event_type]
    written = BytesIO(serialize_event_data_to_bytes({"book": book}, BOOK_CHANGED))
    read = fastavro.schemaless_reader(written, message["payload"]["schema"], None)
    assert read == {"book": {"code": "A", "isbn": "1", "title": "Emma", "price": 7}}


def headers_schema(event_type: str) -> Document:
    """Return the schema of an event's headers, with what it refers to."""
    described = made()
    headers: Document = described["components"]["messages"][event_type]["headers"]
    return {**headers, "components": described["components"]}


def metadata(event_type: str) -> EventsMetadata:
    """Return metadata as a producer makes them."""
    return EventsMetadata(event_type=event_type, minorversion=1, id=uuid4(), time=timezone.now())


def test_headers_of_the_stock_producer():
    """The schema has each of them, and they conform."""
    sent = {
        name: value.decode() for name, value in _get_headers_from_metadata(metadata(GRADE)).items()
    }
    schema = headers_schema(GRADE)
    assert sent.keys() == schema["components"]["schemas"]["CloudEventsHeaders"]["properties"].keys()
    Draft7Validator(schema).validate(sent)


def test_headers_that_the_worker_reads():
    """What our own code writes conforms; without what it requires nothing does."""
    sent = {name: (value or b"").decode() for name, value in headers_of(metadata(GRADE))}
    conforms = Draft7Validator(headers_schema(GRADE)).is_valid
    assert conforms(sent)
    for name in ("ce_type", "ce_id", "ce_time"):
        assert not conforms({each: value for each, value in sent.items() if each != name})
    assert not conforms({**sent, "ce_type": SUMMARY})
