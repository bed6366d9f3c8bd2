"""A service's project with rooms that ``startconsumer`` made, and the tools that judge it."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from shutil import copy

from openedx_events.event_bus.avro.schema import schema_from_signal
from openedx_events.tooling import OpenEdxPublicSignal, load_all_signals

from shared.catalogue import signal_paths
from shared.startconsumer.rendering import destination_of, files_of
from shared.startconsumer.room import NewRoom, new_room
from shared.startconsumer.writing import write

ROOT = Path(__file__).parents[3]
PYPROJECT = ROOT / "pyproject.toml"

_SETTINGS = """
from shared.project.settings import *

INSTALLED_APPS = [app for app in INSTALLED_APPS if not app.partition(".")[0].endswith("_sync")]
INSTALLED_APPS += {applications}
EVENT_SYNC = {{"DESTINATIONS": {destinations}}}
SECRET_KEY = "tests"
"""
_PYTEST = """
[pytest]
DJANGO_SETTINGS_MODULE = project_settings
addopts = --import-mode=importlib --strict-config --strict-markers
filterwarnings = error
pythonpath = .
"""
_MYPY = """
[mypy]
plugins = mypy_django_plugin.main
strict = True
warn_unreachable = True
explicit_package_bases = True

[mypy.plugins.django-stubs]
django_settings_module = project_settings
"""


def serializable_events() -> dict[str, str]:
    """Return the dotted path of each signal whose events can be on the bus, by event type."""
    load_all_signals()
    found = {}
    for event_type, path in sorted(signal_paths().items()):
        signal = OpenEdxPublicSignal.get_signal_by_type(event_type)
        if path.startswith(("openedx_events.", "shared.")) and _has_schema(signal):
            found[event_type] = path
    return found


def _has_schema(signal: OpenEdxPublicSignal) -> bool:
    try:
        schema_from_signal(signal)
    except Exception:  # openedx-events raises Exception itself
        return False
    return True


def rooms_of(signals: Iterable[str]) -> list[NewRoom]:
    """Return a room for each signal, named after it."""
    return [new_room(f"{path.rpartition('.')[2].lower()}_sync", path) for path in signals]


class Project:
    """Rooms in a directory, and what is needed to run tools there."""

    def __init__(self, directory: Path, rooms: Iterable[NewRoom], *others: str) -> None:
        self.directory = directory
        self.rooms = list(rooms)
        for room in self.rooms:
            write(directory / room.names.room, files_of(room, directory))
        self._write_settings(self.rooms, others)

    @property
    def folders(self) -> list[str]:
        """The rooms' folders, relative to the directory."""
        return [room.names.room for room in self.rooms]

    def _write_settings(self, rooms: list[NewRoom], others: Iterable[str]) -> None:
        names = [room.names.room for room in rooms]
        own = [f"{room.names.room}.standalone" for room in rooms if not room.model]
        text = _SETTINGS.format(
            applications=[*names, *own, *others],
            destinations={room.names.consumer: destination_of(room) for room in rooms},
        )
        (self.directory / "project_settings.py").write_text(text)
        (self.directory / "pytest.ini").write_text(_PYTEST)
        (self.directory / "mypy.ini").write_text(_MYPY + _untyped())

    def retire_learners(self) -> subprocess.CompletedProcess[str]:
        """Retire, in tests of the project's own, whoever an event of its rooms names."""
        copy(Path(__file__).with_name("retiring.py"), self.directory / "test_retiring.py")
        return self.run("pytest", "--quiet", "--tb=short", "test_retiring.py")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a module of Python's in the project, and return how it ended."""
        environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{self.directory}/db.sqlite3",
            "DJANGO_SETTINGS_MODULE": "project_settings",
            "MYPYPATH": str(ROOT),
            "PYTHONPATH": os.pathsep.join(map(str, [self.directory, ROOT, *_inherited()])),
        }
        # These tests may run in a process of pytest-xdist's; those of the project don't.
        for name in [name for name in environment if name.startswith("PYTEST_")]:
            del environment[name]
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.directory,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


def _inherited() -> list[str]:
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]


def _untyped() -> str:
    """Return what our own mypy knows of others' packages, and that ours are judged elsewhere."""
    overrides = tomllib.loads(PYPROJECT.read_text())["tool"]["mypy"]["overrides"]
    lines = ["[mypy-shared.*]", "follow_imports = silent", "disallow_untyped_calls = False"]
    for override in overrides:
        if override.get("ignore_missing_imports"):
            for module in override["module"]:
                lines += [f"[mypy-{module}]", "ignore_missing_imports = True"]
    return "\n".join(lines)
