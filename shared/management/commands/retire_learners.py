"""Removes learners' personal data from all that is stored here, and keeps it from coming back."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError

from shared.erasure import Erasure, Found
from shared.learners import Names
from shared.management.endings import Stop, told_afterwards
from shared.management.learners_input import add_learner_options, learners_of, missing_of
from shared.management.repairing import RepairCommand, table
from shared.management.selecting import by_of
from shared.repairs import By
from shared.retirement import block


class Command(RepairCommand):
    """Retire learners; a dry run unless --apply is said. Whom it is about is never printed."""

    help = "Remove learners' personal data from what event_sync stores, and block its return."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take who it is about, and whether it is done."""
        add_learner_options(parser)
        parser.add_argument(
            "--drop-unreadable",
            action="store_true",
            help="Drop what can't be read as well, for it may be theirs.",
        )
        parser.add_argument("--actor", help="Who does it; the user of the system if unsaid.")
        parser.add_argument("--apply", action="store_true", help="Do it, don't just say.")
        parser.add_argument("--json", action="store_true", help="Print one JSON document.")
        parser.set_defaults(verb="retire")

    def retire(self, options: dict[str, Any]) -> None:
        """Block them first, then remove what is there; status 1 while something can't be read."""
        learners, by = learners_of(options), by_of(options)
        found, stop = _retire(learners, by, options)
        unreadable = sum(each.unreadable for each in found)
        stays = unreadable and not options["drop_unreadable"]
        value = {
            "applied": options["apply"],
            "learners": len(learners),
            "found": _counts(found),
            "unreadable": unreadable,
            "incomplete": list(missing_of(learners)),
            "problem": stop.problem,
        }
        self.say(value, lambda: _lines(value, stays=bool(stays)), as_json=options["json"])
        if stop.problem:
            raise CommandError(
                f"Stopped: {stop.problem} Say it again to go on.", returncode=stop.status
            )
        if stays and options["apply"]:
            sys.exit(1)


def _retire(learners: list[Names], by: By, options: dict[str, Any]) -> tuple[list[Found], Stop]:
    """Return what was found, and why it ended too soon, if it did."""
    everybody: Names = frozenset().union(*learners)
    found: list[Found] = []
    with told_afterwards() as stop:
        if options["apply"]:
            block(everybody)
        erasure = Erasure(
            everybody, by, is_real=options["apply"], drops_unreadable=options["drop_unreadable"]
        )
        for each in erasure.run():
            found.append(each)
    return found, stop


def _counts(found: list[Found]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for each in found:
        counts[each.kind] += each.naming
    return dict(counts)


def _lines(value: dict[str, Any], *, stays: bool) -> Iterator[str]:
    yield table(["what names them", "count"], sorted(value["found"].items()))
    yield from value["incomplete"]
    if stays:
        yield (
            f"{value['unreadable']:,} can't be read, so whose they are can't be told. Mend what "
            "keeps them from it, or drop them: --drop-unreadable."
        )
    if value["applied"] and not value["problem"]:
        yield f"{value['learners']:,} retired; events that name them are kept out from now on."
    if not value["applied"]:
        yield "Nothing was changed; to do it, add --apply."
