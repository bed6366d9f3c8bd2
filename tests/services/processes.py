"""Processes that outlive the command that started them, known again by more than their number.

A process id is given away again once its process is gone. What is remembered is therefore also when
the process started and since which boot, and nothing else is ever signalled.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from time import monotonic, sleep

from tests.services.accounts import Account

_PROC = Path("/proc")
_POLL_SECONDS = 0.03
# The shell leaves at once, so the server is nobody's child: it stays no zombie of ours.
_DETACH = '"$@" >&2 & echo $!'


class Status(Enum):
    """What a process is doing."""

    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "stopped"


@dataclass(frozen=True)
class Process:
    """One process and no later one of its number; ``started`` counts clock ticks since boot."""

    pid: int
    started: int
    boot: str

    @classmethod
    def of(cls, pid: int) -> Process:
        """Return the process that has this number now; an ended one where there is none."""
        stat = _stat(pid)
        return cls(pid, int(stat[19]) if stat else -1, _boot())

    @property
    def status(self) -> Status:
        """What it is doing now."""
        stat = _stat(self.pid)
        if stat is None or int(stat[19]) != self.started or self.boot != _boot():
            return Status.ENDED
        return {"Z": Status.ENDED, "X": Status.ENDED, "T": Status.PAUSED, "t": Status.PAUSED}.get(
            stat[0], Status.RUNNING
        )

    def send(self, number: signal.Signals) -> None:
        """Send a signal to it alone, or to nobody once it has ended."""
        with suppress(ProcessLookupError):
            # The descriptor holds on to the process, so that it can't be replaced after the check.
            descriptor = os.pidfd_open(self.pid)
            try:
                if self.status is not Status.ENDED:
                    signal.pidfd_send_signal(descriptor, number)
            finally:
                os.close(descriptor)

    def descendants(self) -> list[Process]:
        """Return its children, their children and so on."""
        children: dict[int, list[int]] = {}
        for pid, parent in _parents():
            children.setdefault(parent, []).append(pid)
        found: list[int] = []
        waiting = [self.pid]
        while waiting:
            own = children.get(waiting.pop(), [])
            found += own
            waiting += own
        return [Process.of(pid) for pid in found]


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    folder: Path,
    account: Account | None = None,
    environment: Mapping[str, str] | None = None,
) -> Process:
    """Start a command in a session of its own; what it prints is added to ``log``."""
    with log.open("ab") as file:
        shell = subprocess.run(
            ["sh", "-c", _DETACH, "sh", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=file,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
            check=True,
            **(account.popen if account else {}),
        )
    return Process.of(int(shell.stdout))


def becomes(condition: Callable[[], bool], seconds: float) -> bool:
    """Return whether a condition comes true within a time."""
    until = monotonic() + seconds
    while not condition():
        if monotonic() > until:
            return False
        sleep(_POLL_SECONDS)
    return True


def _stat(pid: int) -> list[str] | None:
    """Return the fields of a process from its state on."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


def _parents() -> Iterator[tuple[int, int]]:
    for folder in _PROC.iterdir():
        if folder.name.isdecimal() and (stat := _stat(int(folder.name))):
            yield int(folder.name), int(stat[1])


def _boot() -> str:
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()
