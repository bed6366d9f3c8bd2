"""What a worker can be doing."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """What a worker is doing."""

    RUNNING = "running"
    WAITING = "waiting"
    """A batch can't be settled now, and is tried again."""
    PAUSED = "paused"
    """An operator wants it to take nothing."""
    STOPPED = "stopped"
    FAILED = "failed"


ENDED = (State.STOPPED, State.FAILED)
