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
from tests.faults.test_authentication import wrong_password
from tests.faults.test_broker_outages import freeze_broker, kill_broker
from tests.faults.test_database_outages import drop_connections, kill_database, restart_database
from tests.faults.test_disorder import disorder
from tests.faults.test_hand_over import end_one_of_two, restart_one_by_one
from tests.faults.test_poison_flood import flood
from tests.faults.test_rebalances import storm
from tests.faults.test_registry_outages import (
    registry_down_at_start,
    registry_down_midstream,
    registry_frozen_midstream,
)
from tests.faults.test_worker_kills import kill_again_and_again, kill_one_of_two

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


_CALM = {"is_calm": True}

SCENARIOS = (
    Scenario("no fault, events in order", undisturbed, {"events": 5_000}, _CALM),
    Scenario("no fault, events as they come", undisturbed, {"events": 5_000}),
    Scenario("late, twice, out of order", disorder, {"events": 4_000}),
    Scenario("{events} bad events", flood, {"events": 2_000}),
    Scenario("a new group", begin_late, {"events": 3_000}, {**_CALM, "is_group_new": True}),
    Scenario(
        "the only worker is killed, {kills} times",
        kill_again_and_again,
        {"events": 5_000, "kills": 3},
        _CALM,
    ),
    Scenario(
        "one of two workers is killed, {kills} times",
        kill_one_of_two,
        {"events": 3_000, "kills": 2},
        _CALM,
    ),
    Scenario(
        "workers come and go, {rounds} times", storm, {"rounds": 10, "membership": QUICK}, _CALM
    ),
    Scenario(
        "the broker is killed, {kills} times", kill_broker, {"events": 4_000, "kills": 3}, _CALM
    ),
    Scenario(
        "the broker freezes for {seconds} s", freeze_broker, {"events": 4_000, "seconds": 6}, _CALM
    ),
    Scenario("the registry is away at the start", registry_down_at_start, {"events": 2_000}, _CALM),
    Scenario(
        "the registry is away at a new schema", registry_down_midstream, {"events": 3_000}, _CALM
    ),
    Scenario(
        "the registry freezes at a new schema",
        registry_frozen_midstream,
        {"events": 3_000},
        _CALM,
    ),
    Scenario(
        "the database is killed, {times} times", kill_database, {"events": 4_000, "times": 3}, _CALM
    ),
    Scenario(
        "the database restarts, {times} times",
        restart_database,
        {"events": 4_000, "times": 3},
        _CALM,
    ),
    Scenario(
        "the database drops its connections, {times} times",
        drop_connections,
        {"events": 4_000, "times": 10},
        _CALM,
    ),
    Scenario("the broker refuses it", wrong_password),
    Scenario("one of two workers is told to stop", end_one_of_two, is_hand_over=True),
    Scenario(
        "a rolling restart of {workers} workers",
        restart_one_by_one,
        {"workers": 2, "replacement_first": False},
        is_hand_over=True,
    ),
)
