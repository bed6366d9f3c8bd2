"""A request to stop, made by a signal of the operating system or by a call."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread, current_thread, main_thread
from time import sleep
from typing import Any

from shared.logging import Action, Log

log = Log(__name__)

_PARENT_INTERVAL = 1.0


class StopRequest:
    """Whether to stop; made once and never withdrawn."""

    def __init__(self) -> None:
        self.is_made = False

    def make(self) -> None:
        """Ask to stop at the next good moment."""
        self.is_made = True

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Stop on SIGTERM or SIGINT during the block; a second SIGINT has its usual effect.

        A second SIGTERM has none: a service manager and our own supervisor may both send one.
        """
        if current_thread() is not main_thread():
            # Python lets only the main thread handle signals; whoever owns it calls ``make``.
            yield
            return

        def handle(number: int, _: Any) -> None:
            self.make()
            if number == signal.SIGINT:
                signal.signal(number, previous[signal.Signals(number)])
            log.info(Action.STOPPING, signal=signal.Signals(number).name)

        numbers = (signal.SIGTERM, signal.SIGINT)
        previous = {number: signal.getsignal(number) for number in numbers}
        for number in numbers:
            signal.signal(number, handle)
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


def stop_without_parent(parent: int, stop: Callable[[], None]) -> None:
    """Call ``stop`` soon after ``parent``, the process that started this one, has ended.

    Who is killed tells nobody, but leaves its children to another parent. Linux could send a signal
    (``PR_SET_PDEATHSIG``), but sends it when the thread ends that started the child.
    """

    def watch() -> None:
        while os.getppid() == parent:
            sleep(_PARENT_INTERVAL)
        log.warning(Action.STOPPING, parent=parent)
        stop()

    Thread(target=watch, name="parent", daemon=True).start()
