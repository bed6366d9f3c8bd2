"""Whom a dead letter is for, as things stand today: consumers of its room, or a receiver.

Reads declarations and settings; decodes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from openedx_events.tooling import OpenEdxPublicSignal

from shared import registry
from shared.consumer import Mode, Room
from shared.exceptions import ConfigurationError, EventSyncError
from shared.hosts import check_destination
from shared.listeners import named
from shared.models import DeadLetter
from shared.modes import consumers_in


class NoAddressee(EventSyncError):
    """Nobody can take this dead letter, for the reason that the message gives."""


@dataclass(frozen=True, slots=True)
class Addressees:
    """The room, narrowed to the consumers that are to have it; or receivers of the host."""

    room: Room | None = None
    receivers: tuple[Callable[..., Any], ...] = ()


def addressees_of(letter: DeadLetter) -> Addressees:
    """Return whom a dead letter is for; of it only the columns that name something are read.

    Raises ``NoAddressee``, and ``ConfigurationError`` for a destination that can't work.
    """
    if letter.receiver:
        return Addressees(receivers=_receivers_of(letter))
    try:
        room = registry.get_room(letter.room)
    except ConfigurationError as error:
        raise NoAddressee(f"room {letter.room!r} is not installed") from error
    narrowed = _narrowed(room, letter)
    for consumer in narrowed.consumers:
        check_destination(consumer.name)
    return Addressees(room=narrowed)


def _narrowed(room: Room, letter: DeadLetter) -> Room:
    """Return the room with the consumer that failed; what none has seen yet is for all of them."""
    consumers = tuple(c for c in room.consumers if letter.consumer in ("", c.name))
    if not consumers:
        raise NoAddressee(f"room {room.name!r} has no consumer {letter.consumer!r}")
    wanting = [c for c in consumers if c.route_for(letter.event_type)]
    if letter.consumer and not wanting:
        raise NoAddressee(f"{letter.consumer!r} no longer consumes {letter.event_type!r}")
    live = tuple(c for c in consumers_in(room, Mode.LIVE) if c in consumers)
    if not live or (wanting and not any(c in live for c in wanting)):
        names = ", ".join(repr(c.name) for c in wanting or consumers)
        raise NoAddressee(f"{names} is in shadow and writes nothing")
    return Room(room.name, live)


def _receivers_of(letter: DeadLetter) -> tuple[Callable[..., Any], ...]:
    try:
        signal = OpenEdxPublicSignal.get_signal_by_type(letter.event_type)
    except KeyError as error:
        raise NoAddressee(f"event type {letter.event_type!r} is known no more") from error
    found = tuple(named(letter.receiver, signal))
    if not found:
        raise NoAddressee(f"no receiver {letter.receiver!r} is connected to its signal")
    for room in registry.rooms():
        for consumer in consumers_in(room, Mode.LIVE):
            is_meant = letter.receiver in consumer.supersedes
            if is_meant and consumer.route_for(letter.event_type):
                raise NoAddressee(f"consumer {consumer.name!r} supersedes {letter.receiver!r}")
    return found
