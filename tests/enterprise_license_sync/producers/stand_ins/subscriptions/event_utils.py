"""Stands in for ``license_manager.apps.subscriptions.event_utils``: what customers are told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def track_event(lms_user_id: int | None, event_name: str, properties: dict[str, Any]) -> None:
    """Tell nobody: no key is set."""


def track_license_changes(licenses: Iterable[Any], event_name: str) -> None:
    """Tell of several licenses."""
    for each in licenses:
        track_event(each.lms_user_id, event_name, {})
