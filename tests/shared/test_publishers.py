"""Who publishes what is what the rooms' producers configure, and nobody's opinion."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from edx_django_utils.plugins import PluginSettings

from shared import registry
from shared.consumer import Room
from shared.exceptions import ConfigurationError
from shared.publishers import places, publishers
from tests.discovery_course_run_sync.producers.test_settings import STUDIOS
from tests.producers import stand_in

SERVICES = {"lms.djangoapp": "LMS", "cms.djangoapp": "Studio"}
"""The services that find plugins by an entry point."""
OWN_CONFIGS = {"LMS": {}, "Studio": STUDIOS}
"""What they say of the rooms' events themselves."""
ROOMS = [room.name for room in registry.rooms()]


def packages() -> dict[str, set[tuple[str, str, str]]]:
    """Return what is published, by package."""
    found: dict[str, set[tuple[str, str, str]]] = {}
    for place, publisher in publishers():
        found.setdefault(publisher.package, set()).add(place)
    return found


@pytest.mark.parametrize("name", ROOMS)
def test_plugin_adds_what_is_said(name):
    """The settings that a service has with a plugin are those said of it."""
    config: Any = apps.get_app_config(f"{name}_producers")
    module = import_module(f"{name}.producers.settings")
    plugged = config.plugin_app[PluginSettings.CONFIG]
    assert plugged
    for project in plugged:
        service = SERVICES[project]
        settings = SimpleNamespace(EVENT_BUS_PRODUCER_CONFIG=OWN_CONFIGS[service])
        module.plugin_settings(settings)
        said = module.BY_SERVICE[service]
        assert said == settings.EVENT_BUS_PRODUCER_CONFIG


@pytest.mark.parametrize("name", ROOMS)
def test_room_consumes_what_its_producers_publish(name):
    """Neither an event nor a topic nor a key differs."""
    consumed = {
        (route.signal.event_type, consumer.topic, route.key_field)
        for consumer in registry.get_room(name).consumers
        for route in consumer.routes
    }
    assert packages()[f"{name}.producers"] == consumed


def test_every_publisher_is_named():
    """Each event has the service that knows of it; an event that is off is told as such."""
    told = {place[0]: (who.service, who.enabled) for place, who in publishers()}
    assert told["org.openedx.learning.course.grade.changed.v1"] == ("LMS", True)
    assert told["org.openedx.content_authoring.course.created.v1"] == ("Studio", True)
    assert told["org.openedx.enterprise.license.created.v1"] == ("License Manager", True)
    assert told["org.openedx.enterprise.licensed_enrollment.changed.v1"] == ("LMS", True)
    catalog_info = "org.openedx.content_authoring.course.catalog_info.changed.v1"
    assert told[catalog_info] == ("Studio", False)
    summary = "org.openedx.learning.course.persistent_grade_summary.changed.v1"
    assert told[summary] == ("LMS", False)


def test_producers_without_their_room(monkeypatch):
    """A service that publishes and doesn't consume has its events told, too."""
    monkeypatch.setattr(registry, "_rooms", {})
    assert packages().keys() == {f"{name}.producers" for name in ROOMS}


def test_room_without_producers(library: Room):
    """It is no error, and nobody publishes for it by this package."""
    assert not [package for package in packages() if package.startswith(library.name)]


def test_package_that_names_no_service(monkeypatch, library: Room):
    """It is one line that says what to add."""
    stand_in(monkeypatch, f"{library.name}.producers")
    stand_in(monkeypatch, f"{library.name}.producers.settings")
    with pytest.raises(ConfigurationError, match=r"settings doesn't say .* Hint: Add BY_SERVICE"):
        list(publishers())


def test_package_that_is_broken(monkeypatch, library: Room):
    """What it can't import isn't taken for a room without producers."""

    def import_broken(name: str) -> Any:
        raise ModuleNotFoundError("No module named 'gone'", name="gone")

    monkeypatch.setattr("shared.publishers.import_module", import_broken)
    with pytest.raises(ModuleNotFoundError, match="gone"):
        list(publishers())


def test_entry_without_a_key():
    """An override that says only whether is none: nothing is published by it alone."""
    topics: dict[str, dict[str, object]] = {
        "t": {"enabled": False},
        "u": {"event_key_field": "a.b", "enabled": True},
    }
    config = {"a.v1": topics}
    assert list(places(config)) == [(("a.v1", "u", "a.b"), True)]
