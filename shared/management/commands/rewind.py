"""Moves a room's consumer group: to consume events again, or to pass over some."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand
from rich.table import Table

from shared import registry
from shared.conf import get_settings
from shared.consistency import unknown_names
from shared.consumer import Mode, Room
from shared.exceptions import ConfigurationError, FatalError
from shared.management.endings import fatal_errors
from shared.management.printing import drawn, print_whole

if TYPE_CHECKING:
    from shared.kafka.rewinding import Move


class Command(BaseCommand):
    """Move a room's group while none of its workers runs; without --apply say what it would be."""

    help = "Move a room's consumer group; a dry run unless --apply is said."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the room, the place to go to, and what to leave as it is."""
        parser.add_argument("room", metavar="ROOM", help="Name of a room.")
        parser.add_argument(
            "--to",
            required=True,
            metavar="TIME|earliest|latest|OFFSETS",
            help="A time in ISO 8601 with its zone, an end of the topics, or offsets: "
            "topic[partition]:offset, with commas between them.",
        )
        parser.add_argument(
            "--topic", action="append", help="Move in this topic only; may be said again."
        )
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--group", help="The group, if it isn't the room's own.")
        which.add_argument("--shadow", action="store_true", help="The group of the room's shadow.")
        parser.add_argument("--apply", action="store_true", help="Move it, don't just say.")
        parser.add_argument(
            "--allow-skip", action="store_true", help="Move forward, too: events are passed over."
        )
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what each partition's move means, and with --apply do it."""
        with fatal_errors():
            self._handle(**options)

    def _handle(self, *, room: str, to: str, topic: list[str] | None, **options: Any) -> None:
        from shared.kafka.rewinding import Group
        from shared.kafka.targets import parse_target

        for problem in unknown_names():
            raise problem  # of a group, say: it would be another one that moves
        found = registry.get_room(room)
        topics = _topics(found, topic)
        target = parse_target(to, topics)
        mode = Mode.SHADOW if options["shadow"] else Mode.LIVE
        if options["group"] == "":
            # An empty variable of a script; it would move the room's own group.
            raise ConfigurationError("--group is empty.", hint="Name the group.")
        group = Group(options["group"] or get_settings().group_of(found.name, mode))
        if options["apply"]:
            group.check_is_empty()
        moves = group.moves(list(dict.fromkeys(topics.values())), target)
        skipped = sum(move.skipped for move in moves)
        if options["apply"]:
            if skipped and not options["allow_skip"]:
                raise FatalError(
                    f"Group {group.name!r} would pass over {skipped} messages: lost to this room.",
                    hint="Look at it without --apply; if that is what you want, --allow-skip.",
                )
            group.move(moves)
        if options["json"]:
            print_whole(self.stdout, _as_json(group.name, moves, is_applied=options["apply"]))
        else:
            self._print(group.name, moves, is_applied=options["apply"])

    def _print(self, group: str, moves: Sequence[Move], *, is_applied: bool) -> None:
        table = Table("partition", "committed", "new offset", "again", "skipped")
        for move in moves:
            committed = "none" if move.committed is None else str(move.committed)
            counts = (str(each) for each in (move.new, move.again, move.skipped))
            table.add_row(f"{move.topic}[{move.partition}]", committed, *counts)
        summary = _summary(group, moves, is_applied=is_applied)
        print_whole(self.stdout, drawn(self.stdout, table) + summary)


def _topics(room: Room, asked: Sequence[str] | None) -> dict[str, str]:
    """Return the full names of the topics to move in, by each name that they may be called."""
    from shared.kafka.config import full_topic

    names = {
        name: full_topic(topic) for topic in room.topics for name in (topic, full_topic(topic))
    }
    if unknown := [name for name in asked or () if name not in names]:
        raise ConfigurationError(
            f"Room {room.name!r} doesn't consume topic {unknown[0]!r}.",
            hint=f"It consumes {', '.join(room.topics)}.",
        )
    wanted = {names[name] for name in asked or names}
    return {name: full for name, full in names.items() if full in wanted}


def _as_json(group: str, moves: Sequence[Move], *, is_applied: bool) -> str:
    partitions = [move.as_json() for move in moves]
    return json.dumps({"group": group, "applied": is_applied, "partitions": partitions})


def _summary(group: str, moves: Sequence[Move], *, is_applied: bool) -> str:
    """Return what it comes to, in a few sentences."""
    again, skipped = sum(move.again for move in moves), sum(move.skipped for move in moves)
    verb = "are" if is_applied else "would be"
    sentences = [f"{again} messages {verb} consumed again."]
    if skipped:
        sentences.append(f"{skipped} messages {verb} SKIPPED: the room loses them.")
    if is_applied:
        sentences.append(f"Group {group!r} was moved.")
    else:
        options = "--apply --allow-skip" if skipped else "--apply"
        sentences.append(f"Nothing was changed; to move group {group!r}, add {options}.")
    return " ".join(sentences)
