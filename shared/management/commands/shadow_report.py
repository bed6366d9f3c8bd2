"""Compares what a room's shadow has kept with what its host holds."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand
from rich.table import Table

from shared import registry
from shared.comparison import compare, undecodable
from shared.consistency import unknown_names
from shared.consumer import Mode
from shared.exceptions import ConfigurationError
from shared.findings import Report
from shared.management.endings import fatal_errors
from shared.management.option_values import time_of, whole
from shared.management.printing import drawn, print_whole
from shared.models import ShadowFailure
from shared.modes import room_in

_INTERVAL = 5.0
_FIRST_ONLY = f"Only the first {ShadowFailure.MOST:,}"
_MORE = ": there may be more. The outcome counts have all."
_COUNTS = ("records", "agree", "differ", "missing", "unwanted", "unmappable", "outdated")


class Command(BaseCommand):
    """Report by consumer and field how far events and host agree: status 0 if wholly, else 1."""

    # Status 1 has a meaning of its own here; what keeps the report from being made is one line.
    requires_system_checks = ()
    help = "Compare what the events say, as the room's shadow kept it, with what the host holds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the room, and which part of it to compare."""
        parser.add_argument("room", metavar="ROOM", help="Name of a room.")
        parser.add_argument(
            "--consumer", action="append", help="Compare this consumer only; may be said again."
        )
        parser.add_argument(
            "--since", metavar="TIME", help="Only what was told since: ISO 8601 with its zone."
        )
        parser.add_argument(
            "--examples",
            type=whole(0, 999_999),
            default=5,
            metavar="N",
            help="Show so many examples of each kind (5). They have keys, and values but for "
            "personal data.",
        )
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare and print; how far it is goes to standard error."""
        with fatal_errors():
            report = self._compare(options)
        if options["json"]:
            print_whole(self.stdout, json.dumps(report.as_json()))
        else:
            self._print(report)
        if report.problem:
            sys.exit(1)

    def _compare(self, options: dict[str, Any]) -> Report:
        for problem in unknown_names():
            raise problem
        room = room_in(registry.get_room(options["room"]), Mode.SHADOW)
        names = [consumer.name for consumer in room.consumers]
        wanted = list(dict.fromkeys(options["consumer"] or names))
        if unknown := [name for name in wanted if name not in names]:
            raise ConfigurationError(
                f"{unknown[0]!r} is no consumer of {options['room']} in shadow.",
                hint=f"In shadow are {', '.join(names)}.",
            )
        since, tell = time_of("--since", options["since"]), _Progress(self.stderr)
        comparisons = [
            compare(name, since=since, examples=options["examples"], on_progress=tell)
            for name in wanted
        ]
        return Report(options["room"], comparisons, *undecodable(room.name, since=since))

    def _print(self, report: Report) -> None:
        table = Table("consumer", *_COUNTS)
        for each in report.comparisons:
            table.add_row(each.consumer, *(f"{getattr(each, name):,}" for name in _COUNTS))
        print_whole(self.stdout, drawn(self.stdout, table) + "\n".join(_lines(report)))


class _Progress:
    """Says every few seconds how far a comparison is."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._next = monotonic() + _INTERVAL

    def __call__(self, consumer: str, done: int, total: int) -> None:
        """Say it, unless it was said just now."""
        if monotonic() >= self._next:
            self._stream.write(f"{consumer}: {done:,} of {total:,} compared")
            self._next = monotonic() + _INTERVAL


def _lines(report: Report) -> Iterator[str]:
    for each in report.comparisons:
        if each.unreadable:
            yield f"{each.consumer}: NOT COMPARED: {each.unreadable}."
        elif not each.records:
            yield f"{each.consumer}: nothing to compare: no event has told of a row."
        if each.fields:
            counts = (f"{name} {count:,}" for name, count in each.fields.most_common())
            yield f"{each.consumer}: records that differ, by field: {', '.join(counts)}"
        if each.has_more_unmappable:
            yield f"{each.consumer}: {_FIRST_ONLY} events that became no record are kept{_MORE}"
        for example in each.examples:
            rest = " ".join(f"{name}={value}" for name, value in example.items() if name != "what")
            yield f"{each.consumer}: {example['what']}: {rest}"
    if report.undecodable:
        yield f"{report.undecodable:,} messages could not be decoded, and so went to no consumer."
    if report.has_more_undecodable:
        yield f"{_FIRST_ONLY} messages that could not be decoded are kept{_MORE}"
    yield report.problem or "All that the events say is what the host holds."
