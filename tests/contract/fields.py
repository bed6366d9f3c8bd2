"""The fields of an event's Avro record, as dotted paths inside its signal's only argument."""

from __future__ import annotations

from openedx_events.event_bus.avro.schema import schema_from_signal
from openedx_events.tooling import OpenEdxPublicSignal

from shared.testing import avro
from shared.testing.avro import Leaf, Schema


def leaves(signal: OpenEdxPublicSignal) -> list[Leaf]:
    """Return the fields of a signal's record, those inside others included."""
    return avro.leaves(argument_of(schema_from_signal(signal)))


def argument_of(schema: Schema) -> Schema:
    """Return the part of a signal's schema that describes its only argument."""
    (argument,) = schema["fields"]
    described: Schema = argument["type"]
    return described
