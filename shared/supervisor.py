"""Several rooms from one command: a worker process for each, started again when it crashes.

A worker that is fatal ends all, with its error, which comes through a pipe: workers write their
logs to our stderr themselves, so nothing here can delay or mangle a line. It doesn't limit how
often a worker is started again nor notice one that hangs; killed, it leaves workers that notice.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import takewhile
from select import PIPE_BUF
from subprocess import Popen
from time import monotonic, sleep

from shared.conf import get_settings
from shared.exceptions import FatalError
from shared.logging import Action, Log
from shared.stopping import StopRequest

log = Log(__name__)

FATAL_STATUS = 3
"""How a worker ends that must not be started again; 1 is any exception."""

_WRONG_OPTION = 2  # it would be as wrong the next time
_SUBCOMMANDS = {"run_consumers", "demo"}
_INTERVAL = 0.1
_TOLD = (0, -signal.SIGTERM)  # the signal itself ends a worker that can't listen yet
_SIGNALS = {-number: number.name for number in signal.Signals}


def worker_command(room_name: str, *more: str) -> list[str]:
    """Return the command that runs a room's worker; ``more`` are options of the worker."""
    return child_command("run_consumers", room_name, *more)


def child_command(*words: str) -> list[str]:
    """Return the command that runs a worker by these words; it ends when this process has ended.

    It begins as this process was started, up to the subcommand: ``manage.py``, the LMS's
    ``manage.py lms``, or ``-m django``.
    """
    main = getattr(sys.modules["__main__"], "__spec__", None)
    program = ["-m", main.parent] if main and main.parent else sys.argv[:1]
    ours = sys.argv[1:] if _SUBCOMMANDS & set(sys.argv) else []
    service = takewhile(lambda word: word not in _SUBCOMMANDS, ours)
    return [sys.executable, *program, *service, *words, f"--parent={os.getpid()}"]


def report(error: FatalError, descriptor: int) -> None:
    """Tell the supervisor, in a worker, what is fatal: as much as the pipe takes in any case."""
    with suppress(BrokenPipeError):
        os.write(descriptor, str(error).encode()[:PIPE_BUF])


def supervise(
    room_names: Sequence[str],
    command: Callable[[str], list[str]] = worker_command,
    patience: float = 10.0,
) -> None:
    """Keep a worker process for each room running until we are told to stop.

    Raises ``FatalError`` for a worker that is fatal or that, told to end, doesn't do so well within
    ``patience`` seconds. ``command`` also gets ``--report-to``, the descriptor for ``report``.
    """
    stop = StopRequest()
    children = [_Child(name, command(name)) for name in room_names]
    with stop.on_signals():
        try:
            while not stop.is_made:
                for child in children:
                    child.look_after()
                sleep(_INTERVAL)
        finally:
            problems = _stop_all(children, until=monotonic() + patience)
    if problems:
        raise FatalError(" ".join(problems))


def _stop_all(children: Sequence[_Child], until: float) -> list[str]:
    """Tell all to stop and wait for them; return what is wrong with how they ended."""
    try:
        for child in children:
            child.tell_to_stop()
        while any(child.is_running for child in children) and monotonic() < until:
            sleep(_INTERVAL)
    finally:  # also when somebody presses Ctrl-C once more
        problems = [problem for child in children if (problem := child.close())]
    return problems


class _Child:
    """A room's worker process, or the pause before there is one again."""

    def __init__(self, room_name: str, command: list[str]) -> None:
        self._room = room_name
        self._pipe = os.pipe()
        os.set_blocking(self._pipe[0], False)
        self._command = [*command, f"--report-to={self._pipe[1]}"]
        self._process: Popen[bytes] | None = None
        self._attempt = 0
        self._started_at = self._due_at = monotonic()

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def look_after(self) -> None:
        """Start the process when it is due; when it has ended, raise ``FatalError`` or pause."""
        if self._process is None and monotonic() >= self._due_at:
            self._start()
        elif self._process and (status := self._process.poll()) is not None:
            if status in (FATAL_STATUS, _WRONG_OPTION):
                raise FatalError(self._end(status))
            self._process = None
            self._pause(_SIGNALS.get(status, status))

    def tell_to_stop(self) -> None:
        if self._process:
            self._process.terminate()

    def close(self) -> str | None:
        """Kill the process if it still runs; return what is wrong with how it ended."""
        problem = None
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
            log.warning(Action.WORKER_KILLED, room=self._room, pid=self._process.pid)
            problem = f"The worker of {self._room} was told to end, did not, and was killed."
        elif self._process and self._process.returncode not in _TOLD:
            problem = self._end(self._process.returncode)
        for descriptor in self._pipe:
            os.close(descriptor)
        return problem

    def _start(self) -> None:
        self._started_at = monotonic()
        try:
            # In a session of its own Ctrl-C doesn't reach it: it is told once, and by us.
            self._process = Popen(  # nosec B603 # our own command, without a shell
                self._command, pass_fds=self._pipe[1:], start_new_session=True
            )
            log.info(Action.WORKER_LAUNCHED, room=self._room, pid=self._process.pid)
        except OSError as error:
            self._pause(error)

    def _pause(self, status: object) -> None:
        """Pause up to twice as long as before; at first, and after a long run, shortly."""
        settings = get_settings()
        ran_well = monotonic() - self._started_at > settings.backoff_max
        self._attempt = 1 if ran_well else self._attempt + 1
        pause = settings.pause_after(self._attempt)
        self._due_at = monotonic() + pause
        fields = {"room": self._room, "status": status, "attempt": self._attempt}
        log.warning(Action.WORKER_ENDED, **fields, pause=f"{pause:.1f}s")

    def _end(self, status: int) -> str:
        how = f"with status {_SIGNALS.get(status, status)}, see its log."
        with suppress(BlockingIOError):  # it has reported nothing
            how = f"as fatal: {os.read(self._pipe[0], PIPE_BUF).decode(errors='replace')}"
        return f"The worker of {self._room} ended {how}"
