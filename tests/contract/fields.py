"""The fields of an event's Avro record, as dotted paths inside its signal's only argument."""

from __future__ import annotations

from openedx_events.event_bus.avro.schema import schema_from_signal
from openedx_events.tooling import OpenEdxPublicSignal

from shared import event_schemas
from shared.event_schemas import EventField
from shared.testing.avro import Schema


def fields_of(signal: OpenEdxPublicSignal) -> tuple[EventField, ...]:
    """Return the fields of a signal's record, those inside others included."""
    return event_schemas.fields_of(argument_of(schema_from_signal(signal)))


def argument_of(schema: Schema) -> Schema:
    """Return the part of a signal's schema that describes its only argument."""
    (argument,) = schema["fields"]
    described: Schema = argument["type"]
    return described
