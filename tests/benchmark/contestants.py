"""Who takes part: this worker, the stock consumer, a hand-written loop, and the REST path."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

MANAGE = (sys.executable, "manage.py")


@dataclass(frozen=True)
class Contestant:
    """A way to consume: its command line after ``program``, and its environment."""

    name: str
    command: Callable[[str, str], list[str]]
    """From a topic, without its prefix, and a group."""
    environment: dict[str, str]
    program: tuple[str, ...] = MANAGE
    keeps_positions: bool = True
    """Whether it guards rows by the position of their newest event."""

    def with_program(self, program: tuple[str, ...]) -> Contestant:
        """Return the same contestant, started by another program."""
        return replace(self, program=program)


OURS = Contestant(
    "this worker",
    lambda topic, group: ["run_consumers", "credentials_grades_sync"],
    {},
)
STOCK = Contestant(
    "stock consumer",
    lambda topic, group: ["consume_events", "-t", topic, "-g", group],
    {
        "EVENT_BUS_CONSUMER": "edx_event_bus_kafka.KafkaEventConsumer",
        "BENCHMARK_CONTESTANT": "stock",
        # The rooms act in their own worker only, so this process writes with its receiver alone.
        "EVENT_SYNC_CARRIER": "worker",
    },
    keeps_positions=False,
)
HAND = Contestant(
    "hand-written loop",
    lambda topic, group: [topic, group],
    {},
    program=(sys.executable, "-m", "tests.benchmark.hand"),
)
REST = Contestant(
    "REST, a POST per grade",
    lambda topic, group: [],
    {},
    program=(sys.executable, "-m", "tests.benchmark.rest"),
    keeps_positions=False,
)
ALL = (OURS, HAND, STOCK, REST)
