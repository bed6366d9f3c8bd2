"""A room by the modes of its consumers: the part that writes, and its shadow, which keeps aside."""

from __future__ import annotations

from collections.abc import Iterable

from shared.conf import get_settings
from shared.consumer import Consumer, Mode, Room
from shared.exceptions import ConfigurationError


def consumers_in(room: Room, mode: Mode) -> tuple[Consumer, ...]:
    """Return a room's consumers of this mode; none, perhaps."""
    settings = get_settings()
    return tuple(c for c in room.consumers if settings.mode_of(c.name) is mode)


def room_in(room: Room, mode: Mode) -> Room:
    """Return a room with its consumers of this mode only, for a worker.

    The shadow has a name of its own, so that logs and counts keep the two apart. Raises
    ``ConfigurationError`` if there is no such consumer.
    """
    consumers = consumers_in(room, mode)
    if not consumers:
        names = ", ".join(consumer.name for consumer in room.consumers)
        raise ConfigurationError(
            f"Room {room.name!r} has no {mode} consumer.",
            hint="EVENT_SYNC['MODES'] makes all of them shadow: run it with --shadow."
            if mode is Mode.LIVE
            else f"Make one of them shadow in EVENT_SYNC['MODES']: {names}.",
        )
    return Room(room.name if mode is Mode.LIVE else shadow_name(room), consumers)


def parts(rooms: Iterable[Room]) -> dict[str, tuple[Room, Mode]]:
    """Return the rooms and their shadows, as far as they have consumers, by their names."""
    return {
        room_in(room, mode).name: (room, mode)
        for room in rooms
        for mode in Mode
        if consumers_in(room, mode)
    }


def shadow_name(room: Room) -> str:
    """Return the name under which the shadow of a room logs, counts and keeps its failures."""
    return f"{room.name}-{Mode.SHADOW}"
