"""What is different from host to host on the way from its old way to the bus, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any

from shared.messages import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class Walk:
    """One row of a host, and who changes it.

    ``group`` is the room's by the page's settings. ``consumer`` is the one whose row it is,
    ``consumers`` are all of the room. ``settings`` is the host's own module for production, and
    ``variable`` names the file that it reads; ``block`` is the language of the page's settings and
    ``is_module`` whether they are a module by themselves. ``own`` are settings that the host needs
    of whoever runs it. ``event`` makes the event that gives the row a value at a time.
    ``is_healed_by_rewind``: a rewind is enough after a late write of the old way. ``supersedes`` is
    the host's receiver that the room takes the place of.
    """

    room: str
    group: str
    consumer: str
    consumers: tuple[str, ...]
    settings: str
    variable: str
    block: str
    is_module: bool = False
    own: Mapping[str, Any] = field(default_factory=dict)
    event: Callable[[str, datetime], Event]
    is_healed_by_rewind: bool
    supersedes: str | None = None


def walk_of(host: str) -> Walk:
    """Return the description of a host's walk."""
    walk: Walk = import_module(f"tests.hosts.{host}.walk").WALK
    return walk
