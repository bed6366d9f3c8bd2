"""The catalogue as an AsyncAPI 3 document: topics, who sends and receives, and the messages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeAlias

from shared.catalogue import CatalogueEntry

Document: TypeAlias = dict[str, Any]
"""A part of the document, or the whole."""

_KAFKA = {"bindingVersion": "0.5.0"}
_CONTENT_TYPE = "application/avro"
"""What the header says."""

_AVRO = "application/vnd.apache.avro;version=1.9.0"
_JSON_TYPES = {
    "boolean": "boolean",
    "bytes": "string",
    "double": "number",
    "float": "number",
    "int": "integer",
    "long": "integer",
    "null": "null",
    "string": "string",
}
"""Of keys: Kafka's binding describes them in JSON Schema."""

_HEADERS: Document = {
    "type": "object",
    "description": "CloudEvents attributes as Kafka headers, in UTF-8 (OEP-41).",
    "required": ["ce_type", "ce_id", "ce_time"],
    "properties": {
        "ce_type": {"type": "string", "description": "The event type."},
        "ce_id": {
            "type": "string",
            "format": "uuid",
            "description": "Tells events apart; a redelivered event has the same.",
        },
        "ce_time": {
            "type": "string",
            "format": "date-time",
            "description": "When the record was changed that the event is about: the newer event "
            "is the one that counts.",
        },
        "ce_source": {"type": "string", "description": "The service that sent it."},
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_minorversion": {
            "type": "string",
            "pattern": "^[0-9]+$",
            "description": "The event's minor version.",
        },
        "ce_datacontenttype": {"type": "string", "const": _CONTENT_TYPE},
        "content-type": {"type": "string", "const": _CONTENT_TYPE},
        "sourcehost": {"type": "string", "description": "The machine that sent it."},
        "sourcelib": {
            "type": "string",
            "pattern": r"^[0-9]+(\.[0-9]+)*$",
            "description": "The version of openedx-events that sent it.",
        },
    },
}


def document(entries: Sequence[CatalogueEntry]) -> Document:
    """Return the document that describes these events."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Open edX Event Sync",
            "version": "1",
            "description": "The events that the installed rooms consume, and who publishes them. "
            "Made by `manage.py event_catalog --asyncapi`.",
        },
        "defaultContentType": _CONTENT_TYPE,
        "channels": _channels(entries),
        "operations": {**_sends(entries), **_receives(entries)},
        "components": {
            "messages": {_message_id(entry, entries): _message(entry) for entry in entries},
            "schemas": {"CloudEventsHeaders": _HEADERS},
        },
    }


def _channels(entries: Sequence[CatalogueEntry]) -> Document:
    channels: Document = {}
    for entry in entries:
        channel = channels.setdefault(
            entry.topic,
            {
                "address": entry.full_topic,
                "messages": {},
                "bindings": {"kafka": {"topic": entry.full_topic, **_KAFKA}},
            },
        )
        name = _message_id(entry, entries)
        channel["messages"][name] = {"$ref": f"#/components/messages/{name}"}
    return channels


def _sends(entries: Sequence[CatalogueEntry]) -> Document:
    """Return one operation for each service and topic."""
    operations: Document = {}
    for entry in entries:
        for publisher in entry.publishers:
            name = f"send-{_slug(publisher.service)}-{entry.topic}"
            title = f"{publisher.service} publishes"
            operation = operations.setdefault(name, _operation("send", title, entry))
            if (message := _channel_message(entry, entries)) in operation["messages"]:
                continue  # two packages say so
            operation["messages"].append(message)
            if not publisher.enabled:
                told = operation.get("description", "")
                operation["description"] = f"{told} {entry.name} is off by default.".lstrip()
    return operations


def _receives(entries: Sequence[CatalogueEntry]) -> Document:
    """Return one operation for each consumer."""
    operations: Document = {}
    for entry in entries:
        for consumer in entry.consumers:
            title = f"{consumer.consumer} of {consumer.room} consumes, {consumer.mode}"
            operation = operations.setdefault(
                f"receive-{consumer.consumer}", _operation("receive", title, entry)
            )
            if consumer.group:
                group = {"type": "string", "const": consumer.group}
                operation["bindings"] = {"kafka": {"groupId": group, **_KAFKA}}
            operation["messages"].append(_channel_message(entry, entries))
    return operations


def _operation(action: str, title: str, entry: CatalogueEntry) -> Document:
    channel = {"$ref": f"#/channels/{entry.topic}"}
    return {"action": action, "title": title, "channel": channel, "messages": []}


def _channel_message(entry: CatalogueEntry, entries: Sequence[CatalogueEntry]) -> Document:
    return {"$ref": f"#/channels/{entry.topic}/messages/{_message_id(entry, entries)}"}


def _message_id(entry: CatalogueEntry, entries: Sequence[CatalogueEntry]) -> str:
    """Return the event type; with the key where it is published by several."""
    keys = {each.key_field for each in entries if each.event_type == entry.event_type}
    return entry.event_type if len(keys) == 1 else f"{entry.event_type}-{entry.key_field}"


def _message(entry: CatalogueEntry) -> Document:
    """Return what one event is; the payload has Confluent's header of five bytes before it."""
    message: Document = {
        "name": entry.event_type,
        "title": entry.name,
        "contentType": _CONTENT_TYPE,
        "headers": {
            "allOf": [
                {"$ref": "#/components/schemas/CloudEventsHeaders"},
                {"properties": {"ce_type": {"const": entry.event_type}}},
            ]
        },
        "payload": {"schemaFormat": _AVRO, "schema": entry.schema},
        "bindings": {
            "kafka": {
                "key": _key(entry),
                "schemaIdLocation": "payload",
                "schemaIdPayloadEncoding": "confluent",
                **_KAFKA,
            }
        },
        "x-signal": entry.signal,
    }
    if entry.learner_fields:
        message["tags"] = [{"name": "learner data"}]
        message["x-learner-fields"] = list(entry.learner_fields)
    return message


def _key(entry: CatalogueEntry) -> Document:
    """Return the key in JSON Schema, as the binding wants it, and in Avro, as it is sent."""
    if entry.key_schema is None:
        return {"title": entry.key_field}
    return {
        "title": entry.key_field,
        "type": _json_type(entry.key_schema["type"]),
        "x-avro-schema": entry.key_schema,
    }


def _json_type(avro: Any) -> Any:
    if isinstance(avro, list):
        return [_json_type(each) for each in avro]
    return _JSON_TYPES.get(avro, "object") if isinstance(avro, str) else "object"


def _slug(service: str) -> str:
    return re.sub(r"\W+", "-", service.lower())
