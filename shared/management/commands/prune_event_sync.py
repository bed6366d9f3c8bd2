"""Drops what was kept for long enough, kind by kind."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError
from rich.console import Console

from shared.conf import get_settings
from shared.exceptions import ConfigurationError
from shared.management.endings import told_afterwards
from shared.management.option_values import days_ago, positive
from shared.management.repairing import RepairCommand, table
from shared.management.selecting import by_of
from shared.repairs import By
from shared.retention import KINDS, drop

_NAMES = ("kind", "older_than", "matched", "dropped")


class Command(RepairCommand):
    """Prune; a dry run unless --apply is said."""

    help = "Drop dead letters, counts and the like that are older than their kind is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which kinds, how old, and whether it is done."""
        parser.add_argument("--kind", nargs="+", choices=list(KINDS), help="Of these kinds only.")
        parser.add_argument(
            "--older-than", type=positive, metavar="DAYS", help="Needs --kind; else as set."
        )
        parser.add_argument("--actor", help="Who does it; the user of the system if unsaid.")
        parser.add_argument("--apply", action="store_true", help="Do it, don't just say.")
        parser.add_argument("--json", action="store_true", help="Print one JSON document.")
        parser.set_defaults(verb="prune")

    def prune(self, options: dict[str, Any]) -> None:
        """Say what is old enough, or drop it."""
        actor = by_of(options).actor
        rows: list[dict[str, Any]] = []
        plan = [
            (name, days, days_ago(f"--kind {name}", days)) for name, days in _plan(options).items()
        ]
        with told_afterwards() as stop:
            for name, days, before in plan:
                rows.append(self._matched(name, days, before))
                if options["apply"]:
                    self._drop(rows[-1], before, By(actor, f"Older than {days} days."))
        value = {"applied": options["apply"], "kinds": rows, "problem": stop.problem}
        self.say(value, lambda: _lines(value), as_json=options["json"])
        if stop.problem:
            raise CommandError(
                f"Stopped: {stop.problem} What was dropped is gone; say it again to go on.",
                returncode=stop.status,
            )

    def _matched(self, name: str, days: int, before: datetime) -> dict[str, Any]:
        matched = sum(rows.count() for rows in KINDS[name].rows(before))
        return {"kind": name, "older_than": days, "matched": matched, "dropped": 0}

    def _drop(self, row: dict[str, Any], before: datetime, by: By) -> None:
        console = Console(stderr=True)
        text = f"{row['kind']}: 0"
        with console.status(text) as shown:
            for count in drop(KINDS[row["kind"]], before, by):
                row["dropped"] += count
                shown.update(f"{row['kind']}: {row['dropped']:,} of {row['matched']:,}")


def _plan(options: dict[str, Any]) -> dict[str, int]:
    """Return for how many days each kind is kept. Raises ``ConfigurationError``."""
    ours = get_settings().retention
    if unknown := sorted(set(ours) - set(KINDS)):
        raise ConfigurationError(
            f"EVENT_SYNC['RETENTION'] names {unknown[0]!r}, which is no kind.",
            hint=f"Known: {', '.join(KINDS)}.",
        )
    wanted = options["kind"]
    if options["older_than"] and not wanted:
        raise ConfigurationError("--older-than needs --kind.", hint=f"Say of {', '.join(KINDS)}.")
    if options["older_than"]:
        return {name: options["older_than"] for name in KINDS if name in wanted}
    days = {name: ours.get(name, kind.days) for name, kind in KINDS.items()}
    if lacking := [name for name in wanted or () if days[name] is None]:
        raise ConfigurationError(
            f"--kind {lacking[0]}: it is kept for ever unless you say how long.",
            hint="Add --older-than; the docs say what may go.",
        )
    return {name: n for name, n in days.items() if n and (not wanted or name in wanted)}


def _lines(value: dict[str, Any]) -> Iterator[str]:
    yield table(_NAMES, [[row[name] for name in _NAMES] for row in value["kinds"]])
    if not value["applied"]:
        yield "Nothing was changed; to do it, add --apply."
