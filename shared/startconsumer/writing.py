"""Writes a room's files where there are none."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from django.apps import apps

from shared import registry
from shared.exceptions import ConfigurationError
from shared.startconsumer.room import NewRoom


def check_is_free(room: NewRoom, directory: Path) -> None:
    """Find who else has the room's names. Raises ``ConfigurationError``."""
    name, consumer = room.names.room, room.names.consumer
    labels = {name, f"{name}_standalone"}
    if not directory.is_dir():
        raise ConfigurationError(
            f"{directory} is no directory.", hint="Make it, or name another with --directory."
        )
    if (directory / name).is_symlink() or (directory / name).exists():
        raise ConfigurationError(
            f"{directory / name} is there already.", hint="Take another name, or remove it."
        )
    if any(app.label in labels or app.name == name for app in apps.get_app_configs()):
        raise ConfigurationError(
            f"An installed app is called {name} already.", hint="Take another name."
        )
    if find_spec(name):
        raise ConfigurationError(
            f"There is a module {name} on Python's path already.", hint="Take another name."
        )
    if any(each.name == consumer for other in registry.rooms() for each in other.consumers):
        raise ConfigurationError(
            f"An installed room has a consumer {consumer!r} already.", hint="Take another name."
        )


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write files by their path in a new folder: all of them, or none.

    They are written beside it first, so who is interrupted leaves no half of a room. Raises
    ``ConfigurationError``.
    """
    try:
        with TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
            unfinished = Path(beside) / folder.name
            for name, text in files.items():
                path = unfinished / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
            unfinished.rename(folder)
    except OSError as error:
        raise ConfigurationError(
            f"{folder} can't be written: {error.strerror}.",
            hint="Nothing is left of it. Mend that, or name another directory with --directory.",
        ) from error
