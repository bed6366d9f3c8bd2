"""Runs the workers of rooms until they are told to stop."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shared import registry, supervisor
from shared.consumer import Room
from shared.exceptions import FatalError


class Command(BaseCommand):
    """Run the worker of a room; of several rooms, each in a child process of its own."""

    help = "Consume events for one or more rooms until SIGTERM or SIGINT."
    # The worker looks at what it needs by itself, and says it in one line and not in a table.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take room names or --all."""
        parser.add_argument("rooms", nargs="*", metavar="ROOM", help="Name of a room.")
        parser.add_argument("--all", action="store_true", help="Run every installed room.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run them; a fatal error is one line and exit status 1."""
        from shared.kafka.worker import Worker

        try:
            rooms = self._rooms(options["rooms"], run_all=options["all"])
            if len(rooms) == 1:
                Worker(rooms[0]).run()
            else:
                supervisor.supervise([room.name for room in rooms])
        except FatalError as error:
            raise CommandError(f"Fatal: {error}") from error

    @staticmethod
    def _rooms(names: list[str], *, run_all: bool) -> list[Room]:
        if bool(names) == run_all:
            raise CommandError("Name rooms, or say --all; see manage.py list_consumers.")
        named = (registry.get_room(name) for name in dict.fromkeys(names))
        rooms = list(registry.rooms() if run_all else named)
        if not rooms:
            raise CommandError("No room is installed. Hint: add one to INSTALLED_APPS.")
        return rooms
