"""Start, stop and show real servers: ``make services``, or ``python -m tests.services --help``."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from itertools import chain
from typing import Any

from tests.services import certificates, installation, stack
from tests.services.folders import CHECKOUT, FOLDER, folder_of, folders
from tests.services.processes import Status
from tests.services.server import Server, ServerError
from tests.services.stack import Services


def main() -> int:
    """Parse, do one thing, and return the exit status."""
    options = _parse()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return int(options.do(options) or 0)
    except (installation.Missing, ServerError) as error:
        print(f"Fatal: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.services", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def verb(name: str, do: Any, text: str) -> argparse.ArgumentParser:
        sub = verbs.add_parser(name, help=text, description=text)
        sub.set_defaults(do=do)
        return sub

    verb("install", _install, "install what the servers need")
    start = verb("start", _start, "start the servers that don't run yet")
    start.add_argument("--json", action="store_true", help="print one JSON object")
    _add_sets(start)
    verb("stop", _stop, "stop what was started, and erase its data")
    status = verb("status", _status, "show where the servers are")
    status.add_argument("--json", action="store_true", help="print one JSON object")
    run = verb("run", _run, "start the servers that don't run, run a command, stop those again")
    run.add_argument(
        "--database",
        choices=["postgresql", "mariadb"],
        help="let the command's environment name the broker, the registry and this database",
    )
    _add_sets(run)
    run.add_argument("command", nargs="+", help="the command, after --")
    verb("certificates", _certificates, "make the certificates that compose.yaml mounts")
    return parser.parse_args()


def _add_sets(parser: argparse.ArgumentParser) -> None:
    text = "so many of each server, one set for each process that tests (default: 1)"
    parser.add_argument("--sets", type=int, default=1, metavar="NUMBER", help=text)


def _install(_: argparse.Namespace) -> None:
    with stack.alone():
        installation.install()


def _start(options: argparse.Namespace) -> None:
    _started(options.sets)
    _status(options)


def _started(count: int) -> list[Server]:
    with stack.alone():
        installation.install()
        sets = [Services.of(folder_of(number)) for number in range(max(count, 1))]
        if absent := list(chain.from_iterable(services.absent for services in sets)):
            names = ", ".join(server.name for server in absent)
            print(f"Starting {names}", file=sys.stderr)
        return stack.start(sets)


def _stop(_: argparse.Namespace) -> None:
    if FOLDER.exists():
        with stack.alone():
            stack.remove(chain.from_iterable(map(Services.of, folders())))


def _run(options: argparse.Namespace) -> int:
    started = _started(options.sets)
    try:
        extra = Services.of().environment(options.database) if options.database else {}
        return _wait(subprocess.Popen(options.command, env={**os.environ, **extra}))
    finally:
        with stack.alone():
            stack.remove(started)


def _wait(command: subprocess.Popen[bytes]) -> int:
    """Wait for a command, which tidies up by itself when it is interrupted."""
    signal.signal(signal.SIGTERM, lambda *_: command.send_signal(signal.SIGINT))
    try:
        return command.wait()
    except KeyboardInterrupt:  # the terminal has sent it to the command as well
        return command.wait()


def _status(options: argparse.Namespace) -> None:
    services = Services.of()
    environment = {
        name: {} if services.absent else services.environment(name)
        for name in ("postgresql", "mariadb")
    }
    if options.json:
        servers = {server.name: _found(server) for server in services}
        print(json.dumps({"servers": servers, "environment": environment}, indent=2))
        return
    for server in chain.from_iterable(map(Services.of, folders())):
        found = _found(server)
        log = os.path.relpath(found["log"], CHECKOUT)
        print(f"{server.name:<12}{found['status']:<9}{found['address'] or '-':<42}{log}")


def _found(server: Server) -> dict[str, Any]:
    status = server.status
    return {
        "status": status.value,
        "address": None if status is Status.ENDED else server.address,
        "log": str(server.log),
    }


def _certificates(_: argparse.Namespace) -> None:
    certificates.make(FOLDER / "compose")


if __name__ == "__main__":
    sys.exit(main())
