"""Shows the project at work: real workers on an embedded bus, and their tables checked after."""

from __future__ import annotations

import json
import signal
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console

from shared.demo import DemoFailed, report, session, working
from shared.demo.options import EVENTS, RATE, SEED, Options
from shared.demo.part import Performance, performances
from shared.management.endings import fatal_errors
from shared.management.option_values import number, whole
from shared.management.printing import print_whole

_SLOWEST = 0.001
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Command(BaseCommand):
    """Publish a stream with every trouble in it, and check what the workers make of it."""

    help = (
        "Run a broker, a schema registry and each room's worker, publish a stream of real events "
        "with duplicates, late ones, orphans, poison and more, and compare the tables with models. "
        "The bus is always an embedded one: EVENT_BUS_KAFKA_* settings are not used. The database "
        "is the configured one; the rows, dead letters and counts of a run stay in it. Each run "
        "has courses, customers, learners and topics of its own and touches nothing else."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the options."""
        add = parser.add_argument
        add(
            "--events",
            type=whole(1, 1_000_000),
            default=EVENTS,
            metavar="N",
            help="How many, shared by the rooms (default: %(default)s).",
        )
        add(
            "--seed",
            type=whole(0, 2**32),
            default=SEED,
            metavar="N",
            help="Another stream (default: %(default)s).",
        )
        add(
            "--rate",
            type=_pace,
            default=RATE,
            metavar="N",
            help="Events per second, 0 for as fast as it goes (default: %(default)s).",
        )
        add("--exit", action="store_true", help="End by itself; else Ctrl-C ends it.")
        add("--json", action="store_true", help="Print one JSON object as the last line.")
        add("--dry-run", action="store_true", help="Print the stream's plan; publish nothing.")
        # What the demo says to its workers.
        add("--worker", help=SUPPRESS)
        add("--bus", help=SUPPRESS)
        add("--parent", type=int, help=SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run it; what goes wrong is told line by line, with a status other than 0."""
        if options["worker"]:
            working.work(options["worker"], options["bus"], options["parent"])
            return
        asked = Options(
            events=options["events"],
            seed=options["seed"],
            rate=options["rate"],
            ends=options["exit"],
            as_json=options["json"],
        )
        with fatal_errors(), _interruptible():
            try:
                self._run(asked, dry_run=options["dry_run"])
            except DemoFailed as error:
                raise CommandError(str(error)) from error

    def _run(self, options: Options, *, dry_run: bool) -> None:
        rooms = performances(
            events=options.events, seed=options.seed, rate=options.rate, now=timezone.now()
        )
        # With --json, stdout has the JSON and nothing else.
        tables = Console(stderr=options.as_json)
        report.show_plan(tables, rooms)
        if dry_run:
            self._print_json(options, report.plan_as_json(rooms))
        else:
            self._perform(options, rooms, tables)

    def _perform(self, options: Options, rooms: list[Performance], tables: Console) -> None:
        progress = Console(stderr=True)
        names = ", ".join(room.room.name for room in rooms)
        progress.print(f"Starting a broker, a schema registry and the workers of {names} …")
        with session.started(rooms) as running:
            results = running.publish(rate=options.rate, console=progress)
            report.show_results(tables, results)
            self._print_json(options, results.as_json())
            if problems := results.total.problems:
                raise DemoFailed("\n  ".join(["The run isn't as it should be:", *problems]))
            if not options.ends:
                report.show_addresses(tables, running.bus.addresses)
                running.stay()

    def _print_json(self, options: Options, value: object) -> None:
        if options.as_json:
            print_whole(self.stdout, json.dumps(value))


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let a signal interrupt the block once; the tidying up after it doesn't take long."""

    def interrupt(*_: Any) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _pace(text: str) -> float:
    """Return events per second; slower than that no clock could follow."""
    value = number(0, 1_000_000)(text)
    if 0 < value < _SLOWEST:
        raise ArgumentTypeError(f"{text!r} is neither 0 nor {_SLOWEST} or more")
    return value
