"""Start, stop and show real servers: ``make services``, or ``python -m tests.services --help``."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from typing import Any

from tests.services import certificates, installation, stack
from tests.services.folders import CHECKOUT, FOLDER
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
    verb("stop", _stop, "stop what was started, and erase its data")
    status = verb("status", _status, "show where the servers are")
    status.add_argument("--json", action="store_true", help="print one JSON object")
    run = verb("run", _run, "start the servers that don't run, run a command, stop those again")
    run.add_argument(
        "--database",
        choices=["postgresql", "mariadb"],
        help="let the command's environment name the broker, the registry and this database",
    )
    run.add_argument("command", nargs="+", help="the command, after --")
    verb("certificates", _certificates, "make the certificates that compose.yaml mounts")
    return parser.parse_args()


def _install(_: argparse.Namespace) -> None:
    with stack.alone():
        installation.install()


def _start(options: argparse.Namespace) -> None:
    _started()
    _status(options)


def _started() -> list[Server]:
    with stack.alone():
        installation.install()
        services = Services.of()
        if absent := services.absent:
            names = ", ".join(server.name for server in absent)
            print(f"Starting {names}", file=sys.stderr)
        return services.start()


def _stop(_: argparse.Namespace) -> None:
    if FOLDER.exists():
        with stack.alone():
            stack.remove(Services.of())


def _run(options: argparse.Namespace) -> int:
    started = _started()
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
    up = [server for server in services if server not in services.absent]
    found = {
        server.name: {
            "status": server.status.value,
            "address": server.address if server in up else None,
            "log": str(server.log),
        }
        for server in services
    }
    environment = {
        name: services.environment(name) if len(up) == len(found) else {}
        for name in ("postgresql", "mariadb")
    }
    if options.json:
        print(json.dumps({"servers": found, "environment": environment}, indent=2))
        return
    for name, each in found.items():
        log = os.path.relpath(str(each["log"]), CHECKOUT)
        print(f"{name:<12}{each['status']:<9}{each['address'] or '-':<42}{log}")


def _certificates(_: argparse.Namespace) -> None:
    certificates.make(FOLDER / "compose")


if __name__ == "__main__":
    sys.exit(main())
