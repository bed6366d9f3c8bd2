"""The supervisor's part of supervision, on small programs in the place of workers."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import Popen
from types import SimpleNamespace
from typing import Any

import pytest

from shared.conf import Settings
from shared.exceptions import FatalError
from shared.logging import Action
from shared.supervisor import FATAL_STATUS, report, supervise, worker_command

PRELUDE = """
import os, signal, sys, time
def tell_supervisor(number=signal.SIGTERM):
    os.kill(os.getppid(), number)
def report(text):
    os.write(int(sys.argv[-1].removeprefix("--report-to=")), text.encode())
def runs():
    with open({path!r}, "a+") as file:
        file.write("x")
        file.seek(0)
        return len(file.read())
"""
WAIT = "time.sleep(60)"
STOP = f"tell_supervisor(); {WAIT}"
"""Has the supervisor stop, which stops the program."""
AGAIN = f"if runs() > 1: {STOP}\n"
"""What a program starts with that is to end once, and to stop its supervisor the next time."""

Run = Callable[..., None]
Logged = Callable[[Action], list[dict[str, Any]]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Supervise programs, by room; they can use the names above."""

    def run(patience: float = 30.0, **programs: str) -> None:
        def command(room: str) -> list[str]:
            prelude = PRELUDE.format(path=str(tmp_path / room))
            return [sys.executable, "-S", "-c", prelude + programs[room]]

        supervise(list(programs), command, patience)

    return run


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Logged:
    """Return the fields of each line of an action."""
    caplog.set_level(logging.INFO, logger="shared.supervisor")

    def fields(action: Action) -> list[dict[str, Any]]:
        records: Sequence[Any] = caplog.records
        return [record.fields for record in records if record.action == action]

    return fields


@pytest.fixture(autouse=True)
def back_off(settings: Any) -> None:
    """Pause shortly, and not so long that a run is a long one."""
    settings.EVENT_SYNC = {"BACKOFF_INITIAL": 0.02}


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("os.kill(os.getpid(), signal.SIGTERM)", "SIGTERM"),
        ("1 / 0", 1),
        ("sys.exit(0)", 0),
    ],
)
def test_worker_that_nobody_told_is_started_again(
    end: str, status: object, run: Run, logged: Logged
) -> None:
    """However it ended, even well; its end and its new start are logged."""
    run(room=AGAIN + end)
    first, second = logged(Action.WORKER_LAUNCHED)
    assert first["room"] == second["room"] == "room"
    assert first["pid"] != second["pid"]
    (ended,) = logged(Action.WORKER_ENDED)
    assert (ended["room"], ended["status"], ended["attempt"]) == ("room", status, 1)


def test_worker_that_is_called_wrongly_ends_all(run: Run, logged: Logged) -> None:
    """Options that it doesn't know it won't know the next time."""
    with pytest.raises(FatalError, match=r"worker of room ended with status 2"):
        run(room="sys.exit(2)", other=WAIT)
    assert len(logged(Action.WORKER_LAUNCHED)) == 2


@pytest.mark.parametrize(
    ("called", "repeated"),
    [
        (["manage.py", "run_consumers", "--all"], ["manage.py"]),
        (["./manage.py", "lms", "run_consumers", "--all"], ["./manage.py", "lms"]),
        (["manage.py", "demo", "--events", "9"], ["manage.py"]),
        (["another-program", "--option"], ["another-program"]),
    ],
)
def test_worker_is_called_as_we_were(
    called: list[str], repeated: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to the subcommand: the LMS's manage.py wants the service's name before it."""
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
    monkeypatch.setattr(sys, "argv", called)
    expected = [sys.executable, *repeated, "run_consumers", "room", f"--parent={os.getpid()}"]
    assert worker_command("room") == expected
    expected.insert(-1, "--shadow")
    assert worker_command("room", "--shadow") == expected


def test_worker_of_a_module_is_called_as_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package's __main__.py, run as a script, finds its own modules in place of others."""
    spec = SimpleNamespace(parent="django")
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", spec)
    monkeypatch.setattr(sys, "argv", ["…/django/__main__.py", "run_consumers", "--all"])
    assert worker_command("room")[:4] == [sys.executable, "-m", "django", "run_consumers"]


def test_pauses_grow(run: Run, logged: Logged, settings: Any, monkeypatch: Any) -> None:
    """Each is the settings' for so many ends in a row."""
    settings.EVENT_SYNC = {"BACKOFF_INITIAL": 40.0, "BACKOFF_MAX": 80.0}
    monkeypatch.setattr(Settings, "pause_after", lambda _, attempt: attempt / 10)
    run(room=f"if runs() > 3: {STOP}\nsys.exit(1)")
    ends = [(end["attempt"], end["pause"]) for end in logged(Action.WORKER_ENDED)]
    assert ends == [(1, "0.1s"), (2, "0.2s"), (3, "0.3s")]


def test_long_run_is_a_new_beginning(run: Run, logged: Logged, settings: Any) -> None:
    """After a run longer than the longest pause the next pause is the first one."""
    settings.EVENT_SYNC = {"BACKOFF_INITIAL": 0.01, "BACKOFF_MAX": 0.01}
    run(room=f"if runs() > 3: {STOP}\ntime.sleep(0.02); sys.exit(1)")
    assert [end["attempt"] for end in logged(Action.WORKER_ENDED)] == [1, 1, 1]


def test_program_that_cannot_be_started_is_tried_again(
    run: Run, logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system may lack memory for a moment, which is when a worker was killed."""
    failures = [OSError(12, "Cannot allocate memory")]

    def fail_once(*arguments: Any, **options: Any) -> Any:
        if failures:
            raise failures.pop()
        return Popen(*arguments, **options)

    monkeypatch.setattr("shared.supervisor.Popen", fail_once)
    run(room=STOP)
    (ended,) = logged(Action.WORKER_ENDED)
    assert "Cannot allocate memory" in str(ended["status"])


def test_fatal_worker_ends_all_with_its_error(run: Run, logged: Logged) -> None:
    """It isn't started again, and the others are told to stop."""
    program = f"report('No topic. Hint: Create it.'); sys.exit({FATAL_STATUS})"
    with pytest.raises(FatalError, match=r"^The worker of one ended as fatal: No topic\. Hint: C"):
        run(one=program, other=WAIT)
    assert logged(Action.WORKER_ENDED) == logged(Action.WORKER_KILLED) == []


def test_fatal_worker_that_reports_nothing(run: Run) -> None:
    """Then its status has to do."""
    with pytest.raises(
        FatalError, match=r"^The worker of room ended with status 3, see its log\.$"
    ):
        run(room=f"sys.exit({FATAL_STATUS})")


def test_report_never_waits_for_a_reader() -> None:
    """It is cut to what a pipe takes, and nobody need be there any more."""
    reading, writing = os.pipe()
    report(FatalError("é" * 100_000), writing)
    assert 0 < len(os.read(reading, 1_000_000)) < 100_000
    os.close(reading)
    report(FatalError("too late"), writing)
    os.close(writing)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_while_a_worker_pauses(
    number: signal.Signals, run: Run, logged: Logged, settings: Any, monkeypatch: Any
) -> None:
    """The pause isn't waited for, and nothing is started after it."""
    settings.EVENT_SYNC = {"BACKOFF_INITIAL": 60.0, "BACKOFF_MAX": 60.0}

    def told(*_: object) -> float:
        signal.raise_signal(number)
        return 60.0

    monkeypatch.setattr(Settings, "pause_after", told)
    run(room="sys.exit(1)", other=WAIT)
    assert [end["pause"] for end in logged(Action.WORKER_ENDED)] == ["60.0s"]
    assert len(logged(Action.WORKER_LAUNCHED)) == 2


def test_told_twice(run: Run) -> None:
    """A second SIGTERM changes nothing, not even while the workers are waited for."""
    told_again = "signal.signal(signal.SIGTERM, lambda *_: (tell_supervisor(), sys.exit(0)))"
    run(room=f"{told_again}; tell_supervisor(); {WAIT}")


def test_told_before_a_worker_can_listen(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The signal itself ends it, which is well."""

    def start_and_be_told(*arguments: Any, **options: Any) -> Any:
        signal.raise_signal(signal.SIGTERM)
        return Popen(*arguments, **options)

    monkeypatch.setattr("shared.supervisor.Popen", start_and_be_told)
    run(room=WAIT, other=WAIT)


def test_worker_that_does_not_stop_is_killed(run: Run, logged: Logged) -> None:
    """After the patience, and that is an error which names it."""
    program = f"signal.signal(signal.SIGTERM, signal.SIG_IGN); {STOP}"
    with pytest.raises(FatalError, match=r"^The worker of deaf was told to end, did not, and was"):
        run(patience=1.0, deaf=program, other=WAIT)
    assert [killed["room"] for killed in logged(Action.WORKER_KILLED)] == ["deaf"]


def test_second_interrupt_kills_who_still_runs(run: Run, logged: Logged) -> None:
    """Whoever presses Ctrl-C twice means it."""
    interrupt = "tell_supervisor(signal.SIGINT)"
    ignore = f"signal.signal(signal.SIGTERM, lambda *_: {interrupt})"
    with pytest.raises(KeyboardInterrupt):
        run(room=f"{ignore}; {interrupt}\nwhile True: {WAIT}")
    assert [killed["room"] for killed in logged(Action.WORKER_KILLED)] == ["room"]


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("sys.exit(1)", "The worker of room ended with status 1, see its log."),
        ("os.kill(os.getpid(), signal.SIGKILL)", "The worker of room ended with status SIGKILL"),
        (f"(report('No room.'), sys.exit({FATAL_STATUS}))", "The worker of room ended as fatal: N"),
    ],
)
def test_worker_that_stops_badly(end: str, said: str, run: Run) -> None:
    """Once it is told to end, whatever isn't a good end is an error."""
    program = f"signal.signal(signal.SIGTERM, lambda *_: {end}); {STOP}"
    with pytest.raises(FatalError) as raised:
        run(room=program, other=WAIT)
    assert str(raised.value).startswith(said)


def test_workers_write_by_themselves(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    """What they write appears as they write it: long lines, unended ones, standard output."""
    line = "x" * 100_000
    write = "os.write(2, b'x' * 100_000 + b'\\n'); os.write(2, b'no end'); os.write(1, b'out')"
    run(room=f"{write}; {STOP}")
    assert tuple(capfd.readouterr()) == ("out", f"{line}\nno end")
