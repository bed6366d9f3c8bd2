"""How a command ends that can't go on: one line, and a status of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.management.base import CommandError
from django.db import Error as DatabaseError

from shared.connections import meaning_of
from shared.exceptions import EventSyncError, FatalError
from shared.supervisor import FATAL_STATUS

_LEFT = 1
_INTERRUPTED = 130


def fatal(error: EventSyncError) -> CommandError:
    """Return what ends a command with one line, the error's hint included, and status 3."""
    return CommandError(f"Fatal: {error}", returncode=FATAL_STATUS)


@contextmanager
def fatal_errors() -> Iterator[None]:
    """Let all that goes wrong in a command that runs once be fatal, outages with the rest."""
    try:
        yield
    except EventSyncError as error:
        raise fatal(error) from error
    except DatabaseError as error:
        raise fatal(meaning_of(error)) from error
    except KeyboardInterrupt:
        raise CommandError("Interrupted.", returncode=_INTERRUPTED) from None


@dataclass
class Stop:
    """Why something ended on its way, in a sentence, and the status for it; nothing if it didn't.

    An outage leaves what the same command does later: status 1.
    """

    problem: str = ""
    status: int = 0


@contextmanager
def told_afterwards() -> Iterator[Stop]:
    """Let what ends the block be known after it, for what was done until then is to be told."""
    stop = Stop()
    try:
        yield stop
    except FatalError as error:
        stop.problem, stop.status = str(error), FATAL_STATUS
    except EventSyncError as error:
        stop.problem, stop.status = str(error), _LEFT
    except KeyboardInterrupt:
        stop.problem, stop.status = "Interrupted.", _INTERRUPTED
