"""Several rooms from one command: a child process for each, stopped together.

It restarts nothing: when one child ends, all end, and whoever started the supervisor decides.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from time import monotonic, sleep

from shared.exceptions import FatalError
from shared.stopping import StopRequest

_PATIENCE = 10.0
_INTERVAL = 0.2
_TOLD = (0, -signal.SIGTERM, -signal.SIGINT)
"""How a worker ends that is told to; by the signal itself before it can listen."""


def supervise(room_names: Sequence[str]) -> None:
    """Run a worker process for each room until one ends or we are told to stop.

    Raises ``FatalError`` naming the room whose worker ended by itself or ended badly.
    """
    stop = StopRequest()
    children: dict[str, subprocess.Popen[bytes]] = {}
    with stop.on_signals():
        try:
            for name in room_names:
                children[name] = subprocess.Popen(worker_command(name))
            while not stop.is_made and not _ended(children):
                sleep(_INTERVAL)
            ended = _ended(children)
        finally:
            codes = _stop_all(children)
    if ended and not stop.is_made:
        name, code = next(iter(ended.items()))
        raise FatalError(f"The worker of {name} ended with status {code}.", hint="See its log.")
    if any(code not in _TOLD for code in codes.values()):
        raise FatalError(f"Not every worker ended well: {codes}.", hint="See their logs.")


def worker_command(room_name: str) -> list[str]:
    """Return the command that runs a room's worker, as this process was started."""
    return [sys.executable, sys.argv[0], "run_consumers", room_name]


def _ended(children: dict[str, subprocess.Popen[bytes]]) -> dict[str, int]:
    codes = {name: child.poll() for name, child in children.items()}
    return {name: code for name, code in codes.items() if code is not None}


def _stop_all(children: dict[str, subprocess.Popen[bytes]]) -> dict[str, int]:
    for child in children.values():
        if child.poll() is None:
            child.terminate()
    until = monotonic() + _PATIENCE
    codes = {}
    for name, child in children.items():
        try:
            codes[name] = child.wait(max(0.1, until - monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            codes[name] = child.wait()
    return codes
