"""What is next when a room has been written."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

from django.conf import settings as django_settings

from shared import conf
from shared.startconsumer.rendering import destination_of
from shared.startconsumer.room import NewRoom

_PERSONAL = (
    "    It names a person: such a row can't forget who is retired. Take an id if there is one."
)


def keys_and_topic(room: NewRoom) -> str:
    """Return by what the new room tells rows apart and finds its events, and how sure that is."""
    name, place = room.names.room, room.place
    key = ", ".join(field.name for field in room.key)
    origin = f"as {place.known_from} has it" if place.known_from else "guessed: compare it"
    return "\n".join(
        [
            f"Key of a row: {key} ({room.key_reason}); change it in {name}/records.py.",
            *([_PERSONAL] if room.key_is_personal else []),
            f"Topic: {place.topic}, event key {place.key_field} ({origin}); {name}/consumers.py.",
        ]
    )


def next_steps(room: NewRoom, folder: Path) -> str:
    """Return the steps from the new room to its first run."""
    name, consumer = room.names.room, room.names.consumer
    applications = [name] if room.model else [name, f"{name}.standalone"]
    return "\n".join(
        [
            f"Made {folder}.",
            "",
            keys_and_topic(room),
            "",
            "Next, in the service's settings:",
            "",
            "    INSTALLED_APPS += [" + ", ".join(f'"{each}"' for each in applications) + "]",
            *_missing_settings(),
            f'    EVENT_SYNC["DESTINATIONS"]["{consumer}"] = (',
            f'        "{destination_of(room)}"',
            "    )",
            "",
            "then:",
            "",
            *([] if room.model else [f"    python manage.py migrate {name}_standalone"]),
            "    python manage.py check",
            f"    python -m pytest --ds={django_settings.SETTINGS_MODULE} {quote(str(folder))}",
            f"    python manage.py run_consumers {name}",
        ]
    )


def _missing_settings() -> list[str]:
    """Return the lines that make what the service's settings haven't got yet."""
    settings = conf.given()
    if settings is None:
        return ['    EVENT_SYNC = {"DESTINATIONS": {}}']
    return [] if "DESTINATIONS" in settings else ['    EVENT_SYNC["DESTINATIONS"] = {}']
