"""License Manager, its own or its stand-ins, with the room's destinations in it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import pytest
from edx_django_utils.cache import TieredCache

from enterprise_license_sync.hosts.license_manager import locks
from shared import registry
from shared.consumer import Room
from tests.hosts.license_manager.destinations import DESTINATIONS

ROOM = "enterprise_license_sync"
_APPS = "license_manager.apps"


@pytest.fixture(autouse=True)
def license_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    """License Manager's functions by their names; those of the stand-ins where it isn't there."""
    if find_spec("license_manager"):
        return
    from tests.enterprise_license_sync.producers.stand_ins.subscriptions import (
        api,
        event_utils,
        models,
    )

    for name, module in {
        "subscriptions.api": api,
        "subscriptions.event_utils": event_utils,
        "subscriptions.models": models,
        "subscriptions.tasks": models,
        "api.tasks": api,
        "api.utils": api,
    }.items():
        _install(monkeypatch, f"{_APPS}.{name}", module)


def _install(monkeypatch: pytest.MonkeyPatch, name: str, module: ModuleType) -> None:
    """Make a module known by a name, and by that of its package."""
    monkeypatch.setitem(sys.modules, name, module)
    parent, _, child = name.rpartition(".")
    if parent:
        package = sys.modules.get(parent) or ModuleType(parent)
        monkeypatch.setattr(package, child, module, raising=False)
        _install(monkeypatch, parent, package)


@pytest.fixture
def configure(settings: Any) -> Callable[..., None]:
    """Choose options of the destinations, by consumer."""

    def choose(**options: dict[str, Any]) -> None:
        by_consumer = {name.replace("_", "-"): value for name, value in options.items()}
        chosen = getattr(settings, "EVENT_SYNC", {}).get("DESTINATIONS", {})
        destinations = {name: chosen.get(name, path) for name, path in DESTINATIONS.items()}
        settings.EVENT_SYNC = {"DESTINATIONS": destinations, "DESTINATION_OPTIONS": by_consumer}

    return choose


@pytest.fixture
def use(settings: Any) -> Callable[..., None]:
    """Let a consumer write by another destination."""

    def use(consumer: str, write: Callable[..., Any]) -> None:
        path = f"{write.__module__}.{write.__qualname__}"
        destinations = {**settings.EVENT_SYNC["DESTINATIONS"], consumer: path}
        settings.EVENT_SYNC = {**settings.EVENT_SYNC, "DESTINATIONS": destinations}

    return use


@pytest.fixture(autouse=True)
def destinations(settings: Any, configure: Callable[..., None]) -> None:
    """The room writes to License Manager, and leaves the making of licenses to the events."""
    settings.EVENT_SYNC = {"DESTINATIONS": DESTINATIONS}
    configure(subscription_plans={"MAKE_LICENSES": False}, licenses={"REPLACE_REVOKED": False})


@pytest.fixture(autouse=True)
def caches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No lock is left of another test."""
    monkeypatch.setattr(locks._own, "until", {})
    TieredCache.dangerous_clear_all_tiers()
    yield
    TieredCache.dangerous_clear_all_tiers()


@pytest.fixture
def room() -> Room:
    """The room, as its application registered it."""
    return registry.get_room(ROOM)


@pytest.fixture
def tracked(monkeypatch: pytest.MonkeyPatch, license_manager: None) -> list[str]:
    """What customers are told of licenses, by the last word of the tracking event's name."""
    told: list[str] = []

    def track_event(lms_user_id: int | None, event_name: str, properties: Any) -> None:
        told.append(event_name.rpartition(".")[2])

    for module in ("models", "event_utils"):
        monkeypatch.setattr(f"{_APPS}.subscriptions.{module}.track_event", track_event)
    return told


@pytest.fixture(autouse=True)
def follow_ups(monkeypatch: pytest.MonkeyPatch, license_manager: None) -> list[tuple[Any, str]]:
    """After which revocations License Manager's tasks were run: license, and status before."""
    ran: list[tuple[Any, str]] = []

    def execute(revoked_license: Any, original_status: str) -> None:
        ran.append((revoked_license.uuid, original_status))

    monkeypatch.setattr(f"{_APPS}.api.tasks.execute_post_revocation_tasks", execute)
    return ran
