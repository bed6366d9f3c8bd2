"""Lists parked events, lets them be retried now, or buries them."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from shared.exceptions import ConfigurationError
from shared.management.option_values import positive
from shared.management.repairing import RepairCommand, table
from shared.management.selecting import add_action, add_selection, by_of, selection_of
from shared.models import ParkedEvent
from shared.repairs import bury, retry
from shared.selection import counted

_LISTED = (
    "id",
    "parked_at",
    "retry_at",
    "room",
    "consumer",
    "event_type",
    "attempts",
    "waiting_for",
)


class Command(RepairCommand):
    """See and hasten what waits; what changes anything is a dry run unless --apply is said."""

    help = "List, retry or bury parked events."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a verb and its options."""
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        listing = _verb(verbs, "list", "List them, the oldest first, and what they wait for.")
        listing.add_argument(
            "--limit", type=positive, default=50, metavar="N", help="So many (50)."
        )
        retrying = _verb(verbs, "retry", "Let a worker of their room retry them now.")
        add_action(retrying, reason="Why, for those who ask later.")
        burying = _verb(verbs, "bury", "Make dead letters of them; say which and why.")
        add_action(burying, reason="Why; it can't be left out.")
        for each in verbs.choices.values():
            each.add_argument("--json", action="store_true", help="Print one JSON document.")

    def list(self, options: dict[str, Any]) -> None:
        """Print the oldest, and how many there are."""
        parked = selection_of(options).parked()
        matched = parked.count()
        rows = [dict(row) for row in parked.order_by("pk").values(*_LISTED)[: options["limit"]]]

        def text() -> Iterator[str]:
            yield table(_LISTED, [list(row.values()) for row in rows])
            yield f"{len(rows):,} of {matched:,} parked events."

        self.say({"matched": matched, "parked": rows}, text, as_json=options["json"])

    def retry(self, options: dict[str, Any]) -> None:
        """Say what would be retried, or make it due."""
        by, parked = by_of(options), selection_of(options).parked()
        if options["apply"]:
            self.perform(parked, retry(parked, by), options)
        else:
            self.preview(parked.count(), _groups(parked), options)

    def bury(self, options: dict[str, Any]) -> None:
        """Say what would be buried, or bury it."""
        by, selection = by_of(options), selection_of(options)
        by.require_reason()
        if selection.is_all:
            raise ConfigurationError(
                "bury doesn't take all.", hint="Say which: --id, --error, --until …"
            )
        parked = selection.parked()
        if options["apply"]:
            self.perform(parked, bury(parked, by), options)
        else:
            self.preview(parked.count(), _groups(parked), options)


def _groups(parked: QuerySet[ParkedEvent]) -> list[dict[str, Any]]:
    return counted(parked, "room", "consumer", "event_type")


def _verb(verbs: Any, name: str, text: str) -> ArgumentParser:
    parser: ArgumentParser = verbs.add_parser(name, help=text, description=text)
    add_selection(parser, error="Whose missing row has this text in its name.")
    return parser
