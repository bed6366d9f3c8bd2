"""Lists and shows dead letters, replays them, or drops those that nobody needs."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from shared.exceptions import ConfigurationError
from shared.management.option_values import days_ago, positive
from shared.management.repairing import RepairCommand, table
from shared.management.selecting import add_action, add_selection, by_of, row_id, selection_of
from shared.models import DeadLetter
from shared.payloads import look_into
from shared.repairs import discard, prune
from shared.replay import plan, replay
from shared.selection import counted

_LISTED = ("id", "buried_at", "room", "consumer", "receiver", "event_type", "attempts", "error")
_COUNTED = ("room", "consumer", "receiver", "event_type")
_SHOWN = (*_LISTED, "event_id", "topic", "partition", "offset", "group", "broker_time", "headers")


class Command(RepairCommand):
    """See and repair dead letters; what changes anything is a dry run unless --apply is said."""

    help = "List, show, replay, discard or prune dead letters."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a verb and its options."""
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        listing = _verb(verbs, "list", "List them, the oldest first, without what they hold.")
        listing.add_argument(
            "--limit", type=positive, default=50, metavar="N", help="So many (50)."
        )
        text = "Show one: its headers and what is wrong."
        showing = verbs.add_parser("show", help=text, description=text)
        showing.add_argument("id", type=row_id, metavar="ID", help="Its id, as list shows it.")
        showing.add_argument(
            "--payload", action="store_true", help="With what the event holds; this look is logged."
        )
        showing.add_argument("--actor", help="Who looks, for the log.")
        replaying = _verb(verbs, "replay", "Let them take the way of a new event.")
        add_action(replaying, reason="Why, for those who ask later.")
        discarding = _verb(verbs, "discard", "Drop them for good; say which and why.")
        add_action(discarding, reason="Why; it can't be left out.")
        pruning = _verb(verbs, "prune", "Drop those that have been kept for long enough.")
        add_action(pruning, reason="Why, for those who ask later.")
        pruning.add_argument(
            "--older-than", type=positive, required=True, metavar="DAYS", help="In days."
        )
        for each in verbs.choices.values():
            each.add_argument("--json", action="store_true", help="Print one JSON document.")

    def list(self, options: dict[str, Any]) -> None:
        """Print the oldest, and how many there are."""
        letters = selection_of(options).letters()
        matched = letters.count()
        rows = [dict(row) for row in letters.order_by("pk").values(*_LISTED)[: options["limit"]]]

        def text() -> Iterator[str]:
            yield table(_LISTED, [list(row.values()) for row in rows])
            yield f"{len(rows):,} of {matched:,} dead letters."

        self.say({"matched": matched, "dead_letters": rows}, text, as_json=options["json"])

    def show(self, options: dict[str, Any]) -> None:
        """Print one, and with --payload what it holds."""
        by, letter = by_of(options), DeadLetter.objects.filter(pk=options["id"]).first()
        if letter is None:
            raise ConfigurationError(f"There is no dead letter {options['id']}.", hint="See list.")
        shown = {name: getattr(letter, name) for name in _SHOWN}
        if options["payload"]:
            shown["payload"] = look_into(letter, actor=by.actor)

        def text() -> Iterator[str]:
            for name, value in shown.items():
                is_text = not isinstance(value, dict | list)
                yield f"{name}: {value if is_text else json.dumps(value, default=str)}"

        self.say(shown, text, as_json=options["json"])

    def replay(self, options: dict[str, Any]) -> None:
        """Say what a replay would be about, or do it."""
        by, letters = by_of(options), selection_of(options).letters()
        if options["apply"]:
            self.perform(letters, replay(letters, by), options)
        else:
            self.preview(letters.count(), plan(letters), options)

    def discard(self, options: dict[str, Any]) -> None:
        """Say what would be dropped, or drop it."""
        by, selection = by_of(options), selection_of(options)
        by.require_reason()
        if selection.is_all:
            raise ConfigurationError(
                "discard doesn't take all.", hint="Say which: --id, --error, --until …"
            )
        letters = selection.letters()
        if options["apply"]:
            self.perform(letters, discard(letters, by), options)
        else:
            self.preview(letters.count(), counted(letters, *_COUNTED), options)

    def prune(self, options: dict[str, Any]) -> None:
        """Say what is old enough to be dropped, or drop it."""
        by, selection = by_of(options), selection_of(options)
        before = days_ago("--older-than", options["older_than"])
        letters = selection.letters().filter(buried_at__lt=before)
        by = by if by.reason else replace(by, reason=f"Older than {options['older_than']} days.")
        if options["apply"]:
            self.perform(letters, prune(letters, by), options)
        else:
            self.preview(letters.count(), counted(letters, *_COUNTED), options)


def _verb(verbs: Any, name: str, text: str) -> ArgumentParser:
    parser: ArgumentParser = verbs.add_parser(name, help=text, description=text)
    add_selection(parser, error="Whose error has this text in it.")
    return parser
