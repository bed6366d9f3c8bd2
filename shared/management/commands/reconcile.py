"""Compares a snapshot of a source with what a room's destination holds, and mends what differs."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from shared.backfill import Backfill
from shared.exceptions import ConfigurationError
from shared.management.endings import fatal_errors
from shared.management.snapshot_options import add_snapshot_options
from shared.management.snapshot_run import SnapshotRun
from shared.outcomes import Outcome
from shared.reconciliation import Reconciliation
from shared.snapshot_reading import Part

_CHANGED_SINCE = (
    "still differs: its row has followed this very event, and was changed by somebody else since"
)


class Command(BaseCommand):
    """Report what is missing, extra or different: status 0 if nothing is, or all was repaired."""

    help = "Compare a snapshot of a source with what the room's destination holds."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the snapshot, and what to do about what differs."""
        add_snapshot_options(parser)
        parser.add_argument(
            "--complete",
            action="store_true",
            help="The source has every row there is: count those that only the host has.",
        )
        parser.add_argument(
            "--repair",
            action="store_true",
            help="Send what is missing or differs through the room; a dry run without --apply.",
        )
        parser.add_argument("--apply", action="store_true", help="Repair, don't just say.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare; status 1 unless all agrees, 3 if it had to give up."""
        with fatal_errors(), SnapshotRun(options, self.stderr) as run:
            is_good = _reconcile(run, options)
        run.print(self.stdout, as_json=options["json"])
        if not (is_good and run.is_good):
            sys.exit(1)


def _reconcile(run: SnapshotRun, options: dict[str, Any]) -> bool:
    backfill = _backfill(run, options)
    reconciliation = Reconciliation(
        run.chosen.consumer, examples=options["examples"], list_extra=options["complete"]
    )
    taken_at = run.chosen.as_of
    for part in run.parts(""):
        taken_at = taken_at or part.taken_at
        _compare(run, part, reconciliation, backfill)
    if options["complete"] and taken_at and run.is_readable:
        reconciliation.find_extra(taken_at - run.chosen.margin)
    run.tell(reconciliation)
    _conclude(run, options, backfill)
    if backfill:
        return not (backfill.waiting() or reconciliation.extra)
    return reconciliation.agrees


def _backfill(run: SnapshotRun, options: dict[str, Any]) -> Backfill | None:
    """Return what repairs, if something is to. Raises ``ConfigurationError``."""
    if options["apply"] and not options["repair"]:
        raise ConfigurationError("--apply alone does nothing.", hint="Add --repair.")
    if options["complete"] and options["file"] is not None and not run.chosen.as_of:
        raise ConfigurationError(
            "--as-of is needed with --complete: later rows are no extra ones.",
            hint="Say when the making of the file began, as in --as-of 2026-01-31T12:00:00Z.",
        )
    what = run.chosen
    return Backfill(what.room, what.consumer, run.wait) if options["apply"] else None


def _compare(
    run: SnapshotRun, part: Part, reconciliation: Reconciliation, backfill: Backfill | None
) -> None:
    review = reconciliation.review(part.events)
    for ending in review.failed:
        run.fail(part.places[ending.index], ending.error)
    if backfill:
        places = {id(event): place for event, place in zip(part.events, part.places, strict=True)}
        for event, ending in zip(review.differing, backfill.settle(review.differing), strict=True):
            if ending.outcome is Outcome.DEAD:
                run.fail(places[id(event)], ending.error)
            elif ending.outcome is Outcome.UNCHANGED:
                run.fail(places[id(event)], _CHANGED_SINCE)
        backfill.settle_parked()


def _conclude(run: SnapshotRun, options: dict[str, Any], backfill: Backfill | None) -> None:
    if backfill:
        outcomes = {str(name): n for name, n in backfill.outcomes.items()}
        run.found |= {"outcomes": outcomes, "waiting": backfill.waiting()}
        told = ", ".join(f"{n:,} {name}" for name, n in outcomes.items()) or "nothing"
        run.conclude(f"Repaired: {told}")
        if waiting := backfill.waiting():
            run.conclude(f"{waiting:,} wait for rows that aren't there")
    elif options["repair"]:
        run.conclude("Nothing was changed; to repair, add --apply")
    if not run.is_finished:
        run.conclude("Interrupted: not all was compared")
