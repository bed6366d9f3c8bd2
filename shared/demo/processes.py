"""A room's worker as a process of its own, watched through its log."""

from __future__ import annotations

import json
import re
import subprocess
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from threading import Event as Flag
from threading import Thread
from typing import Any

from shared.demo import DemoFailed
from shared.demo.stream import Place
from shared.direct import worker_name
from shared.logging import Action

_SPAN = re.compile(r"([\w.-]+)\[(\d+)\]:(\d+)-(\d+)")
_LAST_LINES = 12
_PATIENCE = 10.0


class WorkerProcess:
    """A worker's process; what it logs is read as it comes.

    ``committed_at`` has the time (seconds since the epoch) at which each message was settled,
    ``parked`` says how many were parked, for however long.
    """

    def __init__(self, room: str, command: Sequence[str]) -> None:
        self.room = room
        self.has_partitions = Flag()
        self.committed_at: dict[Place, float] = {}
        self.parked = 0
        self.last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        # A session of its own: Ctrl-C reaches the demo alone, and the worker is told once.
        self._process = subprocess.Popen(  # nosec B603 # our own command, without a shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._reader = Thread(target=self._read, name=f"log of {room}", daemon=True)
        self._reader.start()

    @property
    def name(self) -> str:
        """The name under which the worker counts outcomes."""
        return worker_name(self._process.pid)

    def check(self) -> None:
        """Raise ``DemoFailed`` with the worker's last lines if it has ended."""
        status = self._process.poll()
        if status is not None:
            self._reader.join(_PATIENCE)
            raise self.failure(f"ended with status {status}")

    def failure(self, what: str) -> DemoFailed:
        """Return an error that says what is wrong with the worker, and its last lines."""
        lines = [f"The worker of {self.room} {what}. Its last lines:", *self.last_lines]
        return DemoFailed("\n  ".join(lines))

    def tell_to_stop(self) -> None:
        """Tell the worker to end, as an operator would."""
        self._process.terminate()

    def wait(self) -> int:
        """Wait until the worker has ended, not for ever, and return its exit status."""
        try:
            status = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._reader.join(_PATIENCE)
        return status

    def _read(self) -> None:
        assert self._process.stdout
        with self._process.stdout as lines:
            for line in lines:
                entry = _entry(line)
                self.last_lines += str(entry.get("message", line)).splitlines()
                self.last_lines += str(entry.get("exception", "")).splitlines()
                self._note(entry)

    def _note(self, entry: Mapping[str, Any]) -> None:
        action = entry.get("action")
        if action == Action.PARTITIONS_ASSIGNED and entry["partitions"] != "none":
            self.has_partitions.set()
        if action == Action.EVENT_PARKED:
            self.parked += 1
        if action == Action.BATCH_COMMITTED:
            committed_at = float(entry["committed_at"])
            self.committed_at.update((place, committed_at) for place in _places(entry["offsets"]))


def _entry(line: str) -> dict[str, Any]:
    """Return a line of the log as its fields; of what isn't JSON there are none."""
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _places(offsets: str) -> Iterator[Place]:
    """Yield the places that "topic[partition]:first-last,…" stands for."""
    for topic, partition, first, last in _SPAN.findall(offsets):
        for offset in range(int(first), int(last) + 1):
            yield Place(topic, int(partition), offset)
