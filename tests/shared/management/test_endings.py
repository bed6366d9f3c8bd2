"""Every command ends in the same way: what is fatal is one line and status 3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command, load_command_class
from django.db import DatabaseError, OperationalError

from docs.commands_page import COMMANDS
from shared.embedded import EmbeddedBrokerUnavailable
from shared.exceptions import EventSyncError, FatalError, TransientError
from shared.management.endings import fatal_errors, told_afterwards
from shared.supervisor import FATAL_STATUS

NAMES = sorted(file.stem for file in COMMANDS.glob("[a-z]*.py"))
NOWHERE = "no_such_room"
FATAL: dict[str, tuple[str, ...]] = {
    "backfill": (NOWHERE, "--from=rows.jsonl"),
    "dead_letters": ("list", "--room="),
    "demo": (),
    "event_catalog": (),
    "forget_shadow": (NOWHERE,),
    "list_consumers": (),
    "parked": ("list", "--since=yesterday"),
    "prune_event_sync": ("--older-than=1",),
    "reconcile": (NOWHERE, "--from=rows.jsonl"),
    "retire_learners": (),
    "rewind": (NOWHERE, "--to=earliest"),
    "run_consumers": (NOWHERE,),
    "run_embedded_bus": (),
    "shadow_report": (NOWHERE,),
    "startconsumer": ("new_sync", "--event=no.such.SIGNAL"),
    "sync_status": (NOWHERE,),
}

STARTERS = {
    "demo": "shared.demo.session.started",
    "run_embedded_bus": "shared.management.commands.run_embedded_bus.running_bus",
}
"""What starts a broker inside a command's process."""


@pytest.fixture
def amiss(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the commands that are right as they are said have something fatal in their way."""

    def refuse(*_: object, **__: object) -> None:
        raise EmbeddedBrokerUnavailable("No library.", hint="Install one.")

    def amiss(name: str) -> None:
        if name in STARTERS:
            monkeypatch.setattr(STARTERS[name], refuse)
        elif not FATAL[name]:
            settings.EVENT_SYNC = {"CARRIER": "pigeon"}

    return amiss


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_fatal(name: str, amiss: Callable[[str], None]) -> None:
    """One line that says what is wrong and what to do, before any table of system checks."""
    amiss(name)
    command = load_command_class("shared", name)
    checks = {"skip_checks": False} if command.requires_system_checks else {}
    with pytest.raises(CommandError, match=r"^Fatal: .+ Hint: .+$") as raised:
        call_command(command, *FATAL[name], **checks)
    assert raised.value.returncode == FATAL_STATUS
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", NAMES)
def test_option_that_is_not_there(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It is status 2, and named."""
    words = ["manage.py", name, *FATAL[name], "--nonsense"]
    with pytest.raises(SystemExit, match=r"^2$"):
        load_command_class("shared", name).run_from_argv(words)
    assert "--nonsense" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (FatalError("No topic.", hint="Create it."), 3, "Fatal: No topic. Hint: Create it."),
        (TransientError("It is away."), 3, "Fatal: It is away."),
        (DatabaseError("no"), 3, "Fatal: The database refused a query: django.db.utils.Da"),
        (OperationalError("lost"), 3, "Fatal: The database failed: django.db.utils.Operat"),
        (KeyboardInterrupt(), 130, "Interrupted."),
    ],
)
def test_what_ends_a_command(error: BaseException, status: int, said: str) -> None:
    """An outage is fatal to a command that runs once; Ctrl-C has the status that shells give it."""
    with pytest.raises(CommandError) as raised, fatal_errors():
        raise error
    assert raised.value.returncode == status
    assert str(raised.value).startswith(said)


def test_error_that_nobody_foresaw() -> None:
    """It isn't made to look as if somebody had."""
    with pytest.raises(ZeroDivisionError), fatal_errors():
        print(1 // 0)


@pytest.mark.parametrize(
    ("error", "status"),
    [(FatalError("Mend it."), 3), (EventSyncError("Wait."), 1), (KeyboardInterrupt(), 130)],
)
def test_what_ends_a_command_on_its_way(error: BaseException, status: int) -> None:
    """It is known after the block; an outage leaves what the same command does later."""

    def fail() -> None:
        raise error

    with told_afterwards() as stop:
        fail()
    assert (stop.problem, stop.status) == (str(error) or "Interrupted.", status)


def test_nothing_ends_a_command() -> None:
    """Then there is nothing to tell."""
    with told_afterwards() as stop:
        pass
    assert (stop.problem, stop.status) == ("", 0)
