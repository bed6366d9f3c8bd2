"""What the commands that repair have in common: they count, show progress, and end with a status.

0: all is good. 1: something could not be repaired, and is still there. 3: fatal.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from rich.console import Console
from rich.progress import track
from rich.table import Table

from shared.management.endings import fatal_errors, told_afterwards
from shared.management.printing import drawn, print_whole
from shared.management.selecting import with_apply
from shared.repairs import Repaired

_MOST_REASONS = 10


class RepairCommand(BaseCommand):
    """A command with verbs; a subclass has a method for each."""

    # What a repair needs is looked at by itself, and said in one line and not in a table.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what the verb says; what goes wrong is one line, with a status of its own."""
        with fatal_errors():
            getattr(self, options["verb"])(options)

    def say(
        self, value: dict[str, Any], text: Callable[[], Iterable[str]], *, as_json: bool
    ) -> None:
        """Print a value as one JSON document, or its text for people."""
        said = json.dumps(value, default=str) if as_json else "\n".join(text())
        print_whole(self.stdout, said)

    def preview(self, matched: int, groups: Sequence[dict[str, Any]], options: Any) -> None:
        """Say what would be done, and that nothing was."""
        value = {"applied": False, "matched": matched, "groups": list(groups)}

        def text() -> Iterator[str]:
            if groups:
                yield table(list(groups[0]), [list(each.values()) for each in groups])
            if not matched:
                yield "None match: nothing to do."
                return
            yield f"{matched:,} match. Nothing was changed; to do it, add --apply:"
            yield f"  {with_apply(self.__module__.rpartition('.')[2], options)}"

        self.say(value, text, as_json=options["json"])

    def perform(self, rows: QuerySet[Any], repairs: Iterator[Repaired], options: Any) -> None:
        """Let repairs go on to their end and say what came of them. Ends with status 1 for some."""
        matched, done = rows.count(), []
        with told_afterwards() as stop:
            for repaired in _shown(repairs, matched, options["verb"]):
                done.append(repaired)
        value = {
            "applied": True,
            "matched": matched,
            "results": Counter(each.result for each in done),
            "problem": stop.problem,
            "rows": [asdict(each) for each in done],
        }
        self.say(value, lambda: _lines(done, matched), as_json=options["json"])
        if stop.problem:
            raise CommandError(
                f"Stopped after {len(done):,} of {matched:,}: {stop.problem} What was done stays "
                "done; say it again to go on.",
                returncode=stop.status,
            )
        if not all(each.is_good for each in done):
            sys.exit(1)


def table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table of the columns that say anything."""
    texts = [[_text(value) for value in row] for row in rows]
    told = [n for n in range(len(names)) if not texts or any(row[n] for row in texts)]
    shown = Table()
    for number in told:
        # Not cut short, however little room there is.
        shown.add_column(names[number].replace("_", " "), overflow="fold")
    for row in texts:
        shown.add_row(*(row[number] for number in told))
    return drawn(sys.stdout, shown).rstrip("\n")


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return "" if value is None else str(value)


def _shown(repairs: Iterator[Repaired], total: int, verb: str) -> Iterable[Repaired]:
    console = Console(stderr=True)
    return track(
        repairs, verb, total=total, console=console, transient=True, disable=not console.is_terminal
    )


def _lines(done: Sequence[Repaired], matched: int) -> Iterator[str]:
    if not matched:
        yield "None match: nothing to do."
        return
    results = Counter(each.result for each in done)
    yield table(["result", "count"], sorted(results.items()))
    reasons = Counter((each.result, each.error) for each in done if each.error)
    for (result, error), count in reasons.most_common(_MOST_REASONS):
        yield f"{count:,} {result}: {error}"
    if more := len(reasons) - _MOST_REASONS:
        yield f"{more:,} more reasons; --json has them all." if more > 0 else ""
