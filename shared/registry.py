"""The rooms that this process knows, filled by their ``AppConfig.ready()``."""

from __future__ import annotations

from shared import receivers
from shared.consumer import Consumer, Room
from shared.exceptions import ConfigurationError
from shared.misspellings import hint_about

_rooms: dict[str, Room] = {}


def register(room_name: str, *consumers: Consumer) -> Room:
    """Make a room known and connect its receivers; its new declaration replaces an older one.

    Raises ``ConfigurationError`` on a clash.
    """
    room = Room(room_name, consumers)
    taken = {c.name: r.name for r in _rooms.values() for c in r.consumers if r.name != room_name}
    for consumer in consumers:
        if consumer.name in taken:
            raise ConfigurationError(
                f"Consumer {consumer.name!r} is declared by {taken[consumer.name]} as well.",
                hint="Consumer names are unique in a service; rename one.",
            )
    if room_name in _rooms:
        receivers.disconnect(_rooms[room_name])
    _rooms[room_name] = room
    receivers.connect(room)
    return room


def unregister(room: Room) -> None:
    """Forget a room and disconnect its receivers (tests)."""
    del _rooms[room.name]
    receivers.disconnect(room)


def rooms() -> tuple[Room, ...]:
    """Return the registered rooms, sorted by name."""
    return tuple(_rooms[name] for name in sorted(_rooms))


def consumers() -> tuple[Consumer, ...]:
    """Return the consumers of all rooms; those of one room in the order in which they write."""
    return tuple(consumer for room in rooms() for consumer in room.consumers)


def get_room(name: str) -> Room:
    """Return a room by name. Raises ``ConfigurationError`` that names the known ones."""
    if name in _rooms:
        return _rooms[name]
    known = sorted(_rooms) or ["none; add a room to INSTALLED_APPS"]
    raise ConfigurationError(
        f"There is no room named {name!r}.", hint=hint_about(name, known, what="Known rooms")
    )
