"""A terminal in which a reader of the documentation types, and what it shows."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path
from time import monotonic, sleep

from tests.package.environment import PATIENCE, variables

_ENDED = re.compile(r"^\[ended (\d+)\]$", re.MULTILINE)


class Terminal:
    """A shell in a folder, which looks for programs in these places first."""

    def __init__(self, path: str, folder: Path, output: Path) -> None:
        self._output = output
        self._typed = 0
        with output.open("wb") as file:
            self._shell = subprocess.Popen(
                ["bash"],
                cwd=folder,
                env=variables(PATH=os.pathsep.join([path, os.environ["PATH"]])),
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        """All that it has shown."""
        return self._output.read_text()

    @property
    def statuses(self) -> list[int]:
        """Those with which the commands ended, block by block."""
        return [int(status) for status in _ENDED.findall(self.output)]

    @property
    def is_busy(self) -> bool:
        """Whether a block runs still."""
        return len(self.statuses) < self._typed

    def type(self, commands: str) -> None:
        """Start a block of commands; its status is that of the last that failed, or 0."""
        assert self._shell.stdin
        self._typed += 1
        lines = ["status=0", "trap 'status=$?' ERR", "{", commands.strip(), "} </dev/null"]
        self._shell.stdin.write("\n".join([*lines, r'printf "\n[ended %s]\n" "$status"', ""]))
        self._shell.stdin.flush()

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        os.killpg(self._shell.pid, signal.SIGINT)

    def wait(self) -> int:
        """Return the last block's status."""
        until = monotonic() + PATIENCE
        while self.is_busy:
            assert self._shell.poll() is None, self.output
            assert monotonic() < until, self.output
            sleep(0.05)
        return self.statuses[-1]

    def close(self) -> None:
        """End whatever runs in it."""
        os.killpg(self._shell.pid, signal.SIGKILL)
        self._shell.wait()
        assert self._shell.stdin
        self._shell.stdin.close()
