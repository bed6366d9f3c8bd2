"""Management commands in processes of their own, and waiting for what they do."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TypeVar

T = TypeVar("T")

ROOT = Path(__file__).parent.parent
PATIENCE = 30.0
"""How long anything may take before the test gives up; no measure of what it should take."""
TO_END = 5.0
"""How long a worker that is told to stop may take, by docs/how_to/run_workers.md."""
_MANAGE = (sys.executable, "manage.py")
_ENDING = {signal.SIGTERM, signal.SIGINT, signal.SIGKILL}


def wait_until(condition: Callable[[], T], what: str) -> T:
    """Return the first true answer of a condition."""
    until = monotonic() + PATIENCE
    while not (answer := condition()):
        assert monotonic() < until, f"Waited in vain for {what}."
        sleep(0.02)
    return answer


class Process:
    """A management command in a process of its own, with its output in a file.

    It is this project's unless ``manage`` and ``folder`` name another's.
    """

    def __init__(
        self,
        arguments: Iterable[str],
        environment: Mapping[str, str],
        output: Path,
        *,
        manage: Sequence[str] = _MANAGE,
        folder: Path = ROOT,
    ) -> None:
        self._output = output
        self.was_told_to_end = False
        with output.open("wb") as file:
            self._process = subprocess.Popen(
                [*manage, *arguments],
                cwd=folder,
                env=dict(environment),
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self._output.read_text()

    @property
    def lines(self) -> list[str]:
        """What it has printed so far, by line."""
        return self.output.splitlines()

    @property
    def tail(self) -> str:
        """The end of what it has printed, for messages of failed tests."""
        return "\n".join(self.lines[-15:])

    def wait_for(self, pattern: str) -> None:
        """Wait until it has printed a line that matches a pattern."""

        def found() -> bool:
            assert self._process.poll() is None or self._matches(pattern), (
                f"Ended with {self._process.returncode} before {pattern!r}:\n{self.tail}"
            )
            return self._matches(pattern)

        try:
            wait_until(found, repr(pattern))
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.tail}") from None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process, not to its children."""
        self._note(number)
        self._process.send_signal(number)

    def send_to_group(self, number: signal.Signals) -> None:
        """Send a signal to the process and its children, as a terminal does."""
        self._note(number)
        os.killpg(self._process.pid, number)

    def freeze(self) -> None:
        """Let the process do nothing until ``thaw``, though it isn't told to end."""
        self.send(signal.SIGSTOP)
        stat = Path(f"/proc/{self._process.pid}/stat")
        wait_until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", "the freeze")

    def thaw(self) -> None:
        """Let a frozen process go on."""
        self.send(signal.SIGCONT)

    def exit_status(self, timeout: float = PATIENCE) -> int:
        """Return the exit status, once there is one."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"Didn't end in {timeout} s:\n{self.tail}") from None

    @property
    def has_ended(self) -> bool:
        """Whether the process is no more."""
        return self._process.poll() is not None

    def stop(self, number: signal.Signals = signal.SIGTERM, timeout: float = PATIENCE) -> int:
        """Send a signal and return the exit status."""
        self.send(number)
        return self.exit_status(timeout)

    @property
    def peak_memory(self) -> int:
        """The most memory that it has held so far, in bytes, without its children's."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    @property
    def threads(self) -> int:
        """How many threads it runs, librdkafka's with them."""
        return len(list(Path(f"/proc/{self._process.pid}/task").iterdir()))

    def kill(self) -> None:
        """End the process and its children at once, whatever they do."""
        self._note(signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _note(self, number: signal.Signals) -> None:
        """Note that it is told to end; one that had ended by itself has not been told."""
        self.was_told_to_end |= number in _ENDING and not self.has_ended

    def _matches(self, pattern: str) -> bool:
        return any(re.search(pattern, line) for line in self.lines)
