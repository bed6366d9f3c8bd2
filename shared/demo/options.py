"""What a person may ask of the demo."""

from __future__ import annotations

from dataclasses import dataclass

EVENTS, SEED, RATE = 2000, 1, 500.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """The demo's options. ``rate`` is in events per second, 0 for as fast as it goes.

    ``ends`` lets the demo end by itself; else the bus and the workers stay up until Ctrl-C.
    """

    events: int
    seed: int
    rate: float
    ends: bool = False
    as_json: bool = False
