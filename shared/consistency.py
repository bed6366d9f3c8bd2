"""Whether the settings, the rooms and their events fit together: commands, workers and checks ask.

What doesn't is yielded and not raised: a check tells all of it, a worker ends with the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from shared import registry
from shared.conf import get_settings
from shared.consumer import Room, Route
from shared.event_schemas import field_at, generated_from
from shared.exceptions import ConfigurationError
from shared.misspellings import hint_about


def unknown_names() -> Iterator[ConfigurationError]:
    """Yield the names in settings that no consumer, or no room, has: what they say is unheard.

    A worker would write what a filter refuses, or live what is to be shadow, or in a new group.
    """
    consumers = [consumer.name for consumer in registry.consumers()]
    settings = get_settings()
    for setting, kind, names in (
        ("DESTINATION_OPTIONS", "consumer", consumers),
        ("FILTERS", "consumer", consumers),
        ("GROUPS", "room", [room.name for room in registry.rooms()]),
        ("MODES", "consumer", consumers),
    ):
        for name in sorted(set(getattr(settings, setting.lower())) - set(names)):
            yield _unknown(setting, name, kind, names)
    # A destination may be that of a room which only another service installs.
    without = [name for name in consumers if name not in settings.destinations]
    for name in sorted(set(settings.destinations) - set(consumers)):
        if get_close_matches(name, without):
            yield _unknown("DESTINATIONS", name, "consumer", without)


def _unknown(setting: str, name: str, kind: str, names: list[str]) -> ConfigurationError:
    return ConfigurationError(
        f"EVENT_SYNC[{setting!r}] names {name!r}, which is no installed {kind}.",
        hint=hint_about(name, names, what="Installed"),
    )


def missing_schemas() -> Iterator[ConfigurationError]:
    """Yield why an event that a room consumes can't be on the bus, of each such event."""
    signals = {r.signal.event_type: r.signal for c in registry.consumers() for r in c.routes}
    for signal in signals.values():
        try:
            generated_from(signal)
        except ConfigurationError as problem:
            yield problem


def differing_keys() -> Iterator[ConfigurationError]:
    """Yield the topics whose events have keys that would not meet in one partition."""
    for room in registry.rooms():
        for topic in room.topics:
            routes = [r for c in room.consumers if c.topic == topic for r in c.routes]
            try:
                schemas = {_key_schema(route) for route in routes}
            except ConfigurationError:
                continue  # that is told of the event
            if len(schemas) > 1 or None in schemas:
                yield _differing_keys(room, topic, routes)


def _key_schema(route: Route) -> str | None:
    """Return the key's schema as the stock producer registers it: the field, its name included.

    Raises ``ConfigurationError``.
    """
    found = field_at(generated_from(route.signal), route.key_field)
    return None if found is None else str(found)


def _differing_keys(room: Room, topic: str, routes: list[Route]) -> ConfigurationError:
    keys = ", ".join(f"{route.signal.event_type}: {route.key_field}" for route in routes)
    return ConfigurationError(
        f"Room {room.name}: the events on topic {topic!r} have keys of different schemas ({keys}).",
        hint="Events that must stay in order need key fields of the same name and type, for the "
        "key's bytes hold the id of that schema.",
    )
