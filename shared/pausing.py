"""Pausing a room without a deploy: by a waffle switch that an operator turns."""

from __future__ import annotations

from functools import cache

from django.apps import apps
from edx_toggles.toggles import WaffleSwitch


@cache
def switch_of(room_name: str) -> WaffleSwitch:
    """Return the switch that pauses a room."""
    # .. toggle_name: event_sync.pause_<room>
    # .. toggle_implementation: WaffleSwitch
    # .. toggle_default: False
    # .. toggle_description: The room's workers take no events; they stay in their group, and go on
    #   where they stood when it is turned off. The room's shadow has a switch of its own, whose
    #   name ends in -shadow.
    # .. toggle_use_cases: circuit_breaker
    # .. toggle_creation_date: 2026-11-21
    return WaffleSwitch(f"event_sync.pause_{room_name}", __name__)


def is_paused(room_name: str) -> bool:
    """Return whether an operator has paused a room.

    Asks the database: waffle answers from caches, and those of a process that has no requests may
    never hear of a change.
    """
    if not apps.is_installed("waffle"):
        return False
    from waffle import get_waffle_switch_model  # before the app registry it can't be had

    switches = get_waffle_switch_model().objects
    return bool(switches.filter(name=switch_of(room_name).name, active=True).exists())
