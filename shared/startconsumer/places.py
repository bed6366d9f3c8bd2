"""On which topic an event is, and by what it is spread there: known, or guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings as django_settings
from openedx_events.tooling import OpenEdxPublicSignal

from shared import publishers, registry
from shared.consumer import TOPIC_NAME
from shared.exceptions import ConfigurationError
from shared.startconsumer.event_values import EventValue
from shared.startconsumer.keys import bus_key

_TYPE = re.compile(r"(?:org\.openedx\.)?(?P<words>.+?)(?:\.v\d+)?\Z")


@dataclass(frozen=True, slots=True)
class Place:
    """A topic without prefix, the key's field, and who says so; nobody if it is guessed."""

    topic: str
    key_field: str
    known_from: str


def place_of(signal: OpenEdxPublicSignal, *, topic: str | None, key: Sequence[EventValue]) -> Place:
    """Return an event's place: as asked for, as a room or a producer has it, or as guessed.

    Raises ``ConfigurationError``.
    """
    if topic is not None and not TOPIC_NAME.match(topic):
        raise ConfigurationError(
            f"--topic: {topic!r} is no name of a topic.",
            hint="Use letters, digits, '.', '_' and '-'.",
        )
    found = next((place for place in _known(signal.event_type)), None)
    if found and topic in (None, found.topic):
        return found
    return Place(topic or _topic(signal.event_type), bus_key(key), "")


def _known(event_type: str) -> Iterator[Place]:
    for room in registry.rooms():
        for consumer in room.consumers:
            if route := consumer.route_for(event_type):
                yield Place(consumer.topic, route.key_field, room.name)
    for (found, topic, key_field), publisher in publishers.publishers():
        if found == event_type:
            yield Place(topic, key_field, publisher.package)
    here = getattr(django_settings, "EVENT_BUS_PRODUCER_CONFIG", {})
    for (found, topic, key_field), _ in publishers.places(here):
        if found == event_type:
            yield Place(topic, key_field, "EVENT_BUS_PRODUCER_CONFIG")


def _topic(event_type: str) -> str:
    """Return a topic named as Open edX names them: by subject, for what happens in its life."""
    match = _TYPE.match(event_type)
    words = re.split(r"[._]", match["words"] if match else event_type)
    return "-".join([*words[:-1], "lifecycle"] if len(words) > 1 else words)[:249]
