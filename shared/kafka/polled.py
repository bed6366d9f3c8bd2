"""Polled messages: what librdkafka hands over, as ours, whatever its producer put into it."""

from __future__ import annotations

from datetime import UTC, datetime
from operator import methodcaller
from typing import Any

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE

from shared.messages import Message


def to_message(raw: Any) -> Message:
    """Return librdkafka's message (without an error) as ours."""
    return Message(
        topic=raw.topic(),
        partition=raw.partition(),
        offset=raw.offset(),
        key=raw.key(),
        value=raw.value(),
        headers=_headers(raw),
        timestamp=_timestamp(*raw.timestamp()),
    )


# confluent-kafka answers a name that is not UTF-8 with a broken list. Called from C, CPython tells
# so by a SystemError; called from here it would come to hand over the list, and crash on it.
_call_headers = methodcaller("headers")


def _headers(raw: Any) -> tuple[tuple[str, bytes | None], ...]:
    try:
        return tuple(_call_headers(raw) or ())
    except SystemError:
        # None is better than some: without ce_type the message is buried.
        return ()


def _timestamp(kind: int, milliseconds: int) -> datetime | None:
    if kind == TIMESTAMP_NOT_AVAILABLE:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        # Producers may set any 64-bit number.
        return None
