"""A request to stop, made by signals."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from threading import Thread

import pytest

from shared.stopping import StopRequest

NUMBERS = [signal.SIGTERM, signal.SIGINT]


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """See that every handler is what it was."""
    before = [signal.getsignal(number) for number in NUMBERS]
    yield
    assert [signal.getsignal(number) for number in NUMBERS] == before


@pytest.mark.parametrize("number", NUMBERS)
def test_signal_makes_the_request(number: signal.Signals) -> None:
    """Either signal asks to stop and does nothing else."""
    stop = StopRequest()
    with stop.on_signals():
        signal.raise_signal(number)
    assert stop.is_made


def test_second_sigterm_has_no_effect() -> None:
    """A supervisor and a service manager may both send one."""
    stop = StopRequest()
    with stop.on_signals():
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
    assert stop.is_made


def test_second_sigint_has_its_usual_effect() -> None:
    """Whoever presses Ctrl-C twice means it."""
    with StopRequest().on_signals():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_other_threads_leave_signals_alone() -> None:
    """Only the main thread may handle signals; elsewhere the request is made by a call."""
    stop = StopRequest()

    def wait() -> None:
        with stop.on_signals():
            stop.make()

    thread = Thread(target=wait)
    thread.start()
    thread.join()
    assert stop.is_made
