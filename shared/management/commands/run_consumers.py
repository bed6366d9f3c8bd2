"""Runs the workers of rooms until they are told to stop."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shared import registry, supervisor
from shared.consumer import Room
from shared.exceptions import ConfigurationError, FatalError
from shared.stopping import stop_without_parent


class Command(BaseCommand):
    """Run the worker of a room; of several rooms, or of all, each in a child process of its own."""

    help = "Consume events for one or more rooms until SIGTERM or SIGINT."
    # The worker looks at what it needs by itself, and says it in one line and not in a table.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take room names or --all; what a supervisor adds is not for people."""
        parser.add_argument("rooms", nargs="*", metavar="ROOM", help="Name of a room.")
        parser.add_argument("--all", action="store_true", help="Run every installed room.")
        parser.add_argument("--parent", type=int, help=SUPPRESS)
        parser.add_argument("--report-to", type=int, help=SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run them; a fatal error is one line and an exit status of its own."""
        try:
            rooms = self._rooms(options["rooms"], run_all=options["all"])
            if options["all"] or len(rooms) > 1:
                supervisor.supervise([room.name for room in rooms])
            else:
                self._work(rooms[0], options["parent"])
        except FatalError as error:
            if options["report_to"] is not None:
                supervisor.report(error, options["report_to"])
            raise CommandError(f"Fatal: {error}", returncode=supervisor.FATAL_STATUS) from error

    @staticmethod
    def _work(room: Room, parent: int | None) -> None:
        from shared.kafka.worker import Worker

        worker = Worker(room)
        if parent is not None:
            stop_without_parent(parent, worker.stop)
        worker.run()

    @staticmethod
    def _rooms(names: list[str], *, run_all: bool) -> list[Room]:
        if bool(names) == run_all:
            raise ConfigurationError(
                "Name rooms, or say --all.", hint="See manage.py list_consumers."
            )
        named = (registry.get_room(name) for name in dict.fromkeys(names))
        rooms = list(registry.rooms() if run_all else named)
        if not rooms:
            raise ConfigurationError("No room is installed.", hint="Add one to INSTALLED_APPS.")
        return rooms
