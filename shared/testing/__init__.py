"""What a squad's own tests use: events, a bus in memory, and the contract of every consumer.

What is named here is imported when it is first asked for: pytest loads ``shared.testing.plugin``,
and so this package, before Django is set up, and in projects that use nothing of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.testing.bus import InMemoryBus
    from shared.testing.contract import ConsumerContract
    from shared.testing.delivery import deliver, registered
    from shared.testing.embedded import EmbeddedBus
    from shared.testing.events import make_event
    from shared.testing.sample import Sample

__all__ = [
    "ConsumerContract",
    "EmbeddedBus",
    "InMemoryBus",
    "Sample",
    "deliver",
    "make_event",
    "registered",
]

_HOMES = {
    "ConsumerContract": "contract",
    "EmbeddedBus": "embedded",
    "InMemoryBus": "bus",
    "Sample": "sample",
    "deliver": "delivery",
    "make_event": "events",
    "registered": "delivery",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
