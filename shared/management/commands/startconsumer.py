"""Makes a room from an event's schema: declaration, mapper, table, migration and tests."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from shared.management.endings import fatal_errors
from shared.management.printing import print_whole
from shared.startconsumer.columns import model_named
from shared.startconsumer.rendering import files_of
from shared.startconsumer.room import new_room
from shared.startconsumer.steps import keys_and_topic, next_steps
from shared.startconsumer.writing import check_is_free, write


class Command(BaseCommand):
    """Make a room with one consumer of one event."""

    help = "Make a room, with its tests, from the schema of the event that it consumes."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the room's name and its event."""
        parser.add_argument("name", help="The room's package, as in reporting_enrollments_sync.")
        parser.add_argument(
            "--event",
            required=True,
            metavar="DOTTED.SIGNAL",
            help="As in openedx_events.learning.signals.COURSE_ENROLLMENT_CREATED.",
        )
        table = parser.add_mutually_exclusive_group()
        table.add_argument(
            "--fields",
            nargs="+",
            default=[],
            metavar="FIELD",
            help="What a row says, beside its key; by default all that the event does.",
        )
        table.add_argument(
            "--model",
            metavar="APP.MODEL",
            help="Write to this SyncedModel, which is there already; by default the room gets a "
            "table of its own.",
        )
        parser.add_argument("--topic", help="The event's topic, without prefix.")
        parser.add_argument(
            "--key",
            nargs="+",
            default=[],
            metavar="FIELD",
            help="The record's fields that identify a row; by default they are guessed.",
        )
        parser.add_argument(
            "--directory",
            type=Path,
            default=Path(),
            metavar="D",
            help="Where the package goes; by default the working directory.",
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Say the key and the topic, list the files, write none.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the room and say what is next."""
        directory: Path = options["directory"]
        with fatal_errors():
            model = model_named(options["model"]) if options["model"] else None
            room = new_room(
                options["name"],
                options["event"],
                model=model,
                topic=options["topic"],
                key=options["key"],
                fields=options["fields"],
            )
            check_is_free(room, directory)
            files = files_of(room, directory)
            folder = directory / room.names.room
            if options["dry_run"]:
                paths = [str(folder / name) for name in files]
                print_whole(self.stdout, "\n".join([keys_and_topic(room), "", *paths]))
                return
            write(folder, files)
        print_whole(self.stdout, next_steps(room, folder))
