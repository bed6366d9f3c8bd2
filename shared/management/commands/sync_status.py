"""Says how the rooms are, by their workers, counts, parked events and dead letters."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from math import inf
from typing import Any

from django.core.management.base import BaseCommand
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from rich.console import RenderableType
from rich.table import Table

from shared import registry
from shared.dashboard.scales import duration
from shared.depths import Depth
from shared.diagnosis import problems
from shared.exceptions import ConfigurationError, FatalError
from shared.management.endings import fatal_errors
from shared.management.printing import drawn, print_whole
from shared.status import RoomStatus, statuses

_UNWELL = 1
_OUTCOMES = ("applied", "unchanged", "stale", "filtered", "ignored", "dead")


class Command(BaseCommand):
    """Say how each room is: status 0 if all are well, 1 if there is something to look at."""

    help = "Say how the rooms are and what is wrong."
    # What it needs is looked at by itself, and said in one line and not in a table.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take rooms, and how to say it."""
        parser.add_argument("rooms", nargs="*", metavar="ROOM", help="Only these rooms.")
        parser.add_argument(
            "--ask-broker",
            action="store_true",
            help="Ask the broker for the lag, also of rooms without a worker.",
        )
        parser.add_argument("--json", action="store_true", help="Print one JSON array.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look and print."""
        now = timezone.now()
        broker = _Broker()
        with fatal_errors():
            rooms = [registry.get_room(name) for name in options["rooms"]] or registry.rooms()
            found = statuses(rooms, now=now, ask_lag=broker.lag if options["ask_broker"] else None)
        wrong = [[*problems(each, now=now), *broker.silence(each.group)] for each in found]
        if options["json"]:
            rows = [each.as_json() | {"problems": p} for each, p in zip(found, wrong, strict=True)]
            print_whole(self.stdout, json.dumps(rows, cls=DjangoJSONEncoder))
        else:
            self._print(found, wrong)
        if any(wrong):
            raise SystemExit(_UNWELL)

    def _print(self, found: Sequence[RoomStatus], wrong: Sequence[Sequence[str]]) -> None:
        parts: list[RenderableType] = []
        for status, said in zip(found, wrong, strict=True):
            parts += [f"{status.room} ({status.mode}, group {status.group})"]
            parts += [_table(status), *_lines(status)]
            parts += [f"  {problem}" for problem in said or ["Nothing is wrong."]]
        print_whole(self.stdout, drawn(self.stdout, *parts))


class _Broker:
    """Tells the lag of groups; why it didn't tell that of one is a problem of that room alone."""

    def __init__(self) -> None:
        self._silence: dict[str, str] = {}

    def lag(self, group: str, topics: Sequence[str]) -> int | None:
        """Return a group's lag, if the broker tells it. Raises ``ConfigurationError``."""
        from shared.kafka.config import full_topic
        from shared.kafka.rewinding import Group

        try:
            return sum(Group(group).lag([full_topic(topic) for topic in topics]).values())
        except ConfigurationError:
            raise
        except FatalError as error:
            self._silence[group] = str(error)
            return None

    def silence(self, group: str) -> list[str]:
        """Return why the lag of a group isn't known, if it was asked for."""
        return [self._silence[group]] if group in self._silence else []


def _table(status: RoomStatus) -> Table:
    """Return a column for each consumer: those of a room fit into 80 columns, the numbers don't."""
    table = Table("", collapse_padding=True)
    for each in status.consumers:
        table.add_column(each.consumer or "(none)", justify="right", overflow="fold")
    for name in _OUTCOMES:
        table.add_row(f"{name} /h", *(f"{c.in_last_hour(name):,}" for c in status.consumers))
    table.add_row("parked", *(_count(each.parked) for each in status.consumers))
    table.add_row("dead letters", *(_count(each.dead) for each in status.consumers))
    return table


def _count(depth: Depth | None) -> str:
    return f"{depth.count:,}" if depth else "0"


def _lines(status: RoomStatus) -> Iterator[str]:
    lag = "not known" if status.lag is None else f"{status.lag:,} messages"
    yield f"  lag {lag}, {status.messages_per_second:,} messages/s, latency {_latency(status)}"
    for worker in status.workers:
        yield f"  worker {worker.worker}: {worker.state}, seen {worker.seen_at:%Y-%m-%d %H:%M:%S}"


def _latency(status: RoomStatus) -> str:
    if status.latency is None:
        return "not known"
    lates = {name: inf if late is None else late for name, late in status.latency.items()}
    return ", ".join(f"{name} {duration(late)}" for name, late in lates.items())
