"""A service as the rooms' producers meet it: it finds a plugin, applies its settings, and sends.

Only edx-django-utils' plugin mechanism and openedx-events are real; the services' own modules are
stood in for by each room's tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.test import override_settings
from edx_django_utils.plugins import add_plugins
from edx_django_utils.plugins.registry import DjangoAppRegistry
from edx_event_bus_kafka.internal.producer import extract_key_schema
from openedx_events.apps import OpenedxEventsConfig, general_signal_handler
from openedx_events.event_bus import EventBusProducer
from openedx_events.event_bus.avro.serializer import AvroSignalSerializer
from openedx_events.tooling import OpenEdxPublicSignal

ROOT = Path(__file__).parent.parent
SETTINGS = "service_settings"

ProducerConfig = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""``EVENT_BUS_PRODUCER_CONFIG``: by event type and topic."""


def stand_in(monkeypatch: pytest.MonkeyPatch, name: str, **attributes: object) -> ModuleType:
    """Make a module of this name importable for the time of a test."""
    module = ModuleType(name)
    vars(module).update(attributes)
    monkeypatch.setitem(sys.modules, name, module)
    return module


def install(monkeypatch: pytest.MonkeyPatch, plugin: type, project: str) -> None:
    """Let edx-django-utils find a plugin, as if by the entry point of an installed package."""
    label = plugin.label  # type: ignore[attr-defined]

    def get_available_plugins(namespace: str) -> dict[str, type]:
        return {label: plugin} if namespace == project else {}

    monkeypatch.setattr(DjangoAppRegistry, "get_available_plugins", get_available_plugins)


def configured(
    monkeypatch: pytest.MonkeyPatch,
    project: str,
    settings_type: str = "production",
    **before: object,
) -> Any:
    """Return a service's producer configuration once it has applied its plugins' settings."""
    module = stand_in(monkeypatch, SETTINGS, **before)
    add_plugins(SETTINGS, project, settings_type)
    return getattr(module, "EVENT_BUS_PRODUCER_CONFIG", None)


def signals_of(config: ProducerConfig) -> dict[str, OpenEdxPublicSignal]:
    """Return the signals of the configured event types. Raises ``KeyError`` for an unknown one."""
    return {name: OpenEdxPublicSignal.get_signal_by_type(name) for name in config}


def key_schemas(config: ProducerConfig, topic: str) -> list[Any]:
    """Return the different schemas of the keys of a topic's events, as the producer has them."""
    schemas = {
        extract_key_schema(AvroSignalSerializer(signal), config[name][topic]["event_key_field"])
        for name, signal in signals_of(config).items()
    }
    return [json.loads(schema) for schema in schemas]


class RecordingProducer(EventBusProducer):
    """A producer that keeps what it is given."""

    sent: list[dict[str, Any]] = []

    def send(self, **message: Any) -> None:
        """Keep the message."""
        self.sent.append(message)


@contextmanager
def publishing(config: ProducerConfig) -> Iterator[list[dict[str, Any]]]:
    """Let openedx-events publish by this configuration; fill a list with what reaches the bus."""
    sent: list[dict[str, Any]] = []
    RecordingProducer.sent = sent
    producer = f"{__name__}.{RecordingProducer.__name__}"
    with override_settings(EVENT_BUS_PRODUCER=producer, EVENT_BUS_PRODUCER_CONFIG=config):
        OpenedxEventsConfig.ready(OpenedxEventsConfig.create("openedx_events"))
        try:
            yield sent
        finally:
            for signal in signals_of(config).values():
                signal.disconnect(general_signal_handler)


def run_alone(folder: Path, program: str, settings: str = "") -> str:
    """Run a program with nothing but the sources and their metadata; return what it prints.

    ``settings`` is the text of its settings, which it has none of otherwise.
    """
    metadata = folder / "event_sync_under_test-0.dist-info"
    metadata.mkdir(exist_ok=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: event-sync-under-test\n")
    (metadata / "entry_points.txt").write_text(_entry_points())
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "XDG_CACHE_HOME": str(folder),
    }
    if settings:
        (folder / f"{SETTINGS}.py").write_text(settings)
        environment["DJANGO_SETTINGS_MODULE"] = SETTINGS
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _entry_points() -> str:
    """Return the entry points that pyproject.toml declares, as an installed package lists them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return "".join(
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
        for group, entries in project["entry-points"].items()
    )
