"""Brings what happened before a room existed, or got lost, from a snapshot of its source."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from shared.backfill import Backfill
from shared.management.endings import fatal_errors
from shared.management.snapshot_options import add_snapshot_options
from shared.management.snapshot_run import SnapshotRun
from shared.models import Checkpoint
from shared.outcomes import Outcome
from shared.reconciliation import Reconciliation


class Command(BaseCommand):
    """Settle a snapshot's rows as events; without --apply say what they would come to."""

    help = "Bring a snapshot of a source into a room; a dry run unless --apply is said."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the snapshot, and whether to act."""
        add_snapshot_options(parser)
        parser.add_argument("--apply", action="store_true", help="Bring it, don't just say.")
        parser.add_argument(
            "--restart", action="store_true", help="Begin anew where a run was interrupted."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; status 1 unless every row was brought, or could be; 3 if it had to give up."""
        with fatal_errors(), SnapshotRun(options, self.stderr) as run:
            if options["apply"]:
                is_good = _apply(run, is_anew=options["restart"])
            else:
                is_good = _preview(run, options["examples"])
        run.print(self.stdout, as_json=options["json"])
        if not (is_good and run.is_good):
            sys.exit(1)


def _apply(run: SnapshotRun, *, is_anew: bool) -> bool:
    what = run.chosen
    backfill = Backfill(what.room, what.consumer, run.wait)
    checkpoint = _checkpoint(run, is_anew=is_anew)
    for part in run.parts(
        checkpoint.place, rows_before=checkpoint.rows, bad_before=checkpoint.failed
    ):
        for ending in backfill.settle(part.events):
            if ending.outcome is Outcome.DEAD:
                run.fail(part.places[ending.index], ending.error)
        backfill.settle_parked()
        checkpoint.advance(part.next, part.rows, failed=run.bad, now=timezone.now())
    waiting = backfill.waiting()
    run.found = {"outcomes": {str(name): n for name, n in backfill.outcomes.items()}}
    run.found |= {"waiting": waiting}
    run.conclude(", ".join(f"{n:,} {name}" for name, n in backfill.outcomes.items()) or "nothing")
    if waiting:
        run.conclude(f"{waiting:,} wait for rows that aren't there; the room's worker retries them")
    if not run.is_finished:
        run.conclude("Interrupted: the same command goes on from there")
    return not waiting


def _checkpoint(run: SnapshotRun, *, is_anew: bool) -> Checkpoint:
    what, now = run.chosen, timezone.now()
    checkpoint = Checkpoint.of(what.room.name, what.consumer.name, what.source.name, now=now)
    if is_anew:
        checkpoint.forget(now=now)
    if checkpoint.place:
        run.say(
            f"Goes on after {checkpoint.rows:,} rows ({checkpoint.failed:,} of them not brought), "
            "where the run begun at "
            f"{checkpoint.begun_at:%Y-%m-%d %H:%M} UTC was interrupted; --restart begins anew."
        )
    return checkpoint


def _preview(run: SnapshotRun, examples: int) -> bool:
    reconciliation = Reconciliation(run.chosen.consumer, examples=examples, list_extra=False)
    for part in run.parts(""):
        for ending in reconciliation.review(part.events).failed:
            run.fail(part.places[ending.index], ending.error)
    run.tell(reconciliation)
    run.conclude(
        "Nothing was changed. --apply brings what is missing or differs, but for rows that have "
        "followed a newer event"
    )
    return True
