"""Ways to damage any event so that no consumer can read it; a room's part adds its own.

Each takes a good event and spoils one thing, so that a dead letter can name it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import TypeAlias

from shared.cloudevents import Headers, headers_of
from shared.demo.stream import AvroValue, RawMessage, StockEvent

Damage: TypeAlias = Callable[[StockEvent, Random], RawMessage]
"""Returns a spoiled copy of an event."""

_NOBODYS_SCHEMA = 2**31 - 1
_NOBODYS_TYPE = ("ce_type", b"org.openedx.demo.nobody.knows.v1")


def random_bytes(event: StockEvent, random: Random) -> RawMessage:
    """Bytes that are nothing; the first isn't the magic byte."""
    return _with_value(event, b"\xff" + random.randbytes(40))  # nosec B311 # damage


def null_value(event: StockEvent, _: Random) -> RawMessage:
    """A tombstone."""
    return _with_value(event, None)


def unknown_schema(event: StockEvent, random: Random) -> RawMessage:
    """A value with the id of a schema that the registry doesn't have."""
    schema_id = _NOBODYS_SCHEMA.to_bytes(4, "big")
    return _with_value(event, b"\0" + schema_id + random.randbytes(40))  # nosec B311 # damage


def no_time(event: StockEvent, _: Random) -> RawMessage:
    """A message without ``ce_time``: reading it as "now" would put an old event over newer ones."""
    return _with_headers(event, _headers_without(event, "ce_time"))


def two_types(event: StockEvent, _: Random) -> RawMessage:
    """A message with two ``ce_type`` headers."""
    return _with_headers(event, (*headers_of(event.metadata), _NOBODYS_TYPE))


DAMAGES: Mapping[str, Damage] = {
    "random bytes": random_bytes,
    "null value": null_value,
    "unknown schema id": unknown_schema,
    "no ce_time header": no_time,
    "two ce_type headers": two_types,
}


def unknown_type(event: StockEvent) -> RawMessage:
    """Return a copy that is well but for its type, of which nobody has heard: no poison."""
    return _with_headers(event, (*_headers_without(event, "ce_type"), _NOBODYS_TYPE))


def _with_value(event: StockEvent, value: bytes | None) -> RawMessage:
    return RawMessage(event_id=event.event_id, headers=headers_of(event.metadata), value=value)


def _with_headers(event: StockEvent, headers: Headers) -> RawMessage:
    value = AvroValue(event.signal, event.data)
    return RawMessage(event_id=event.event_id, headers=headers, value=value)


def _headers_without(event: StockEvent, name: str) -> Headers:
    return tuple(header for header in headers_of(event.metadata) if header[0] != name)
