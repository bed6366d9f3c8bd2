"""What the comparison puts both contestants through: the fault suite's scenarios, one line each.

The stock consumer settles some 250 events a second; the sizes are such that it is busy for half a
minute at most.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from tests.faults.arena import QUICK, Arena
from tests.faults.stream import stream
from tests.faults.test_worker_kills import kill_again_and_again

_SEED = 20261121
_SLOW = 100
"""Messages a second, so few that a worker is there before a few thousand are through."""


@dataclass(frozen=True)
class Scenario:
    """A fault, and how large it is here; the name may have arguments in braces."""

    name: str
    run: Callable[..., Any]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    arena: Mapping[str, Any] = field(default_factory=dict)
    """Options of its arena."""
    is_hand_over: bool = False
    """Whether it returns ``taken_over`` and ``longest_pause``, in seconds."""

    @property
    def title(self) -> str:
        """The name with the arguments filled in."""
        return self.name.format(**self.arguments)


def undisturbed(arena: Arena, *, events: int) -> None:
    """Let one worker consume a backlog, and disturb nothing."""
    arena.publish(stream(_SEED, events))
    arena.start(EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK)


def begin_late(arena: Arena, *, events: int) -> None:
    """Start the first worker when half of the events are there, and publish the others."""
    messages = stream(_SEED, events)
    arena.publish(islice(messages, events // 2))
    arena.start(EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK)
    arena.publish(messages, rate=_SLOW)


SCENARIOS = (
    Scenario("no fault", undisturbed, {"events": 5_000}),
    Scenario("a new group", begin_late, {"events": 3_000}, arena={"is_group_new": True}),
    Scenario(
        "the only worker is killed, {kills} times",
        kill_again_and_again,
        {"events": 5_000, "kills": 3},
    ),
)
