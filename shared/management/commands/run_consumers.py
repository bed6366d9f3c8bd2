"""Runs the workers of rooms until they are told to stop."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from shared import registry, supervisor
from shared.consumer import Mode, Room
from shared.exceptions import ConfigurationError, FatalError
from shared.logging import show_unless_shown
from shared.management.endings import fatal
from shared.modes import consumers_in, room_in
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
        parser.add_argument(
            "--shadow",
            action="store_true",
            help="Run the consumers that are in shadow, beside the rooms' own workers: they write "
            "nothing of the service's.",
        )
        parser.add_argument(
            "--port",
            type=int,
            help="Serve /metrics, /livez and /readyz there; of several rooms the next has the next "
            "port.",
        )
        parser.add_argument("--parent", type=int, help=SUPPRESS)
        parser.add_argument("--report-to", type=int, help=SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run them; a fatal error is one line and an exit status of its own."""
        names = ["shared", *(room.name for room in registry.rooms())]
        show_unless_shown(names, options["verbosity"])
        try:
            mode = Mode.SHADOW if options["shadow"] else Mode.LIVE
            rooms = self._rooms(options["rooms"], mode, run_all=options["all"])
            if options["all"] or len(rooms) > 1:
                names = [room.name for room in rooms]
                self._supervise(names, mode, options["port"], options["verbosity"])
            else:
                self._work(rooms[0], mode, options["port"], options["parent"])
        except FatalError as error:
            if options["report_to"] is not None:
                supervisor.report(error, options["report_to"])
            # Nothing else is: after any other error the worker may be started again.
            raise fatal(error) from error

    @staticmethod
    def _supervise(names: list[str], mode: Mode, port: int | None, verbosity: int) -> None:
        def command(name: str) -> list[str]:
            more = [f"--verbosity={verbosity}", *(["--shadow"] if mode is Mode.SHADOW else [])]
            if port is not None:
                # 0 is any free port, for each of them.
                more.append(f"--port={port and port + names.index(name)}")
            return supervisor.worker_command(name, *more)

        supervisor.supervise(names, command)

    @staticmethod
    def _work(room: Room, mode: Mode, port: int | None, parent: int | None) -> None:
        from shared.kafka.watching import watched
        from shared.kafka.worker import Worker

        worker = Worker(room, mode=mode)
        if parent is not None:
            stop_without_parent(parent, worker.stop)
        with watched(worker, port):
            worker.run()

    @staticmethod
    def _rooms(names: list[str], mode: Mode, *, run_all: bool) -> list[Room]:
        if bool(names) == run_all:
            raise ConfigurationError(
                "Name rooms, or say --all.", hint="See manage.py list_consumers."
            )
        if not run_all:
            named = [registry.get_room(name) for name in dict.fromkeys(names)]
            return [room for room in named if room_in(room, mode)]
        if not registry.rooms():
            raise ConfigurationError("No room is installed.", hint="Add one to INSTALLED_APPS.")
        rooms = [room for room in registry.rooms() if consumers_in(room, mode)]
        if not rooms:
            raise ConfigurationError(
                f"No room has a {mode} consumer.", hint="Look at EVENT_SYNC['MODES']."
            )
        return rooms
