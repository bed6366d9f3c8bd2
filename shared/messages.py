"""What travels: a message as the broker holds it, and the event it decodes to.

Knows no Kafka client and no database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openedx_events.data import EventsMetadata
from openedx_events.tooling import OpenEdxPublicSignal

from shared.ordering import Position

NO_TOPIC = ""
"""Topic of an event that came through its signal alone, or was made of a snapshot's row."""
NO_PARTITION = -1
"""Partition of an event without a place on a broker: the same events as those of ``NO_TOPIC``."""


# Neither is frozen, though nobody changes one: to make a frozen one takes more than twice as long.
@dataclass(kw_only=True, slots=True, unsafe_hash=True)
class Message:
    """A message as the broker holds it; ``timestamp`` is the broker's, aware, if it has one."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    timestamp: datetime | None

    @property
    def place(self) -> str:
        """Topic, partition and offset, for logs."""
        return f"{self.topic}[{self.partition}]@{self.offset}"


@dataclass(kw_only=True, slots=True)
class Event:
    """A decoded message: which signal, its data (attrs objects by name), metadata and position."""

    signal: OpenEdxPublicSignal
    data: Mapping[str, Any]
    metadata: EventsMetadata
    message: Message

    @property
    def position(self) -> Position:
        """Where the event stands in the total order that decides which of two is newer."""
        return Position.of(
            self.metadata.time, self.message.topic, self.message.partition, self.message.offset
        )
