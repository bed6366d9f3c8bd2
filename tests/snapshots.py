"""``backfill`` and ``reconcile`` in few words: a file of rows, a command, what it printed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import attrs
from django.core.management import CommandError, call_command


def as_row(data: Any) -> dict[str, Any]:
    """Return an event's data as a snapshot has it."""

    def text(_: Any, __: Any, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.isoformat()
        return value if value is None or isinstance(value, str | int | bool) else str(value)

    row: dict[str, Any] = attrs.asdict(data, value_serializer=text)
    return row


def written(path: Path, rows: Iterable[Mapping[str, Any] | str]) -> str:
    """Write rows, or lines as they are, into a file and return its path."""
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("".join(f"{line}\n" for line in lines))
    return str(path)


class Ended:
    """How a command ended: its status and what it wrote; ``lines`` are those of standard error."""

    def __init__(self, name: str, *arguments: str) -> None:
        out, err = StringIO(), StringIO()
        self.status, self.error = 0, ""
        try:
            call_command(name, *arguments, stdout=out, stderr=err)
        except SystemExit as exit_:
            self.status = int(str(exit_.code))
        except CommandError as error:
            self.status, self.error = error.returncode, str(error)
        self.output = out.getvalue()
        self.lines = err.getvalue().splitlines()

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON document on standard output."""
        found: dict[str, Any] = json.loads(self.output)
        return found


def backfill(*arguments: str) -> Ended:
    """Run ``backfill --apply --json``."""
    return Ended("backfill", *arguments, "--apply", "--json")


def reconcile(*arguments: str) -> Ended:
    """Run ``reconcile --json``."""
    return Ended("reconcile", *arguments, "--json")
