"""Blocks of commands, run by bash as they stand, and what each of their commands printed.

``python`` is this process's interpreter. A worker runs until it is stopped, so ``python`` stops it
when it has said that it works.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.docs.blocks import Block
from tests.processes import PATIENCE

UNTIL_IT_WORKS = Path(__file__).with_name("until_it_works.py")
PYTHON = f"""#!/bin/sh
case " $* " in
    *" run_consumers "* | *" consume_events "*) exec "{sys.executable}" "{UNTIL_IT_WORKS}" "$@" ;;
    *) exec "{sys.executable}" "$@" ;;
esac
"""
# Marks in the output where a command begins, with the status of the one before.
NOTES = r"""
set -uo pipefail
trap 'printf "\036%s\037%s\035" "$?" "$BASH_COMMAND"' DEBUG
"""
_NOTE = re.compile(r"\x1e(\d+)\x1f([^\x1d]*)\x1d([^\x1e]*)")


@dataclass(frozen=True)
class Command:
    """A command of a block, before bash has put its variables in, and how it ended."""

    line: str
    output: str
    status: int

    def __str__(self) -> str:
        return f"$ {self.line}\n{self.output}\n(status {self.status})"


class Shell:
    """Runs blocks in a folder; ``names`` has what stands there for what a page calls otherwise."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], names: Mapping[str, str]
    ) -> None:
        self.folder = folder
        self._names = names
        programs = folder / "bin"
        programs.mkdir()
        (programs / "python").write_text(PYTHON)
        (programs / "python").chmod(0o755)
        self._environment = dict(environment)
        self._environment["PATH"] = os.pathsep.join([str(programs), environment["PATH"]])

    def run(self, block: Block, *, typed: str = "", **environment: str) -> list[Command]:
        """Run a block to its end; ``typed`` is what somebody answers who is asked."""
        output = self.folder / "output"
        with output.open("wb") as file:
            process = subprocess.Popen(
                ["bash", "-c", NOTES + self._named(block.text)],
                cwd=self.folder,
                env={**self._environment, **environment},
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            process.communicate(typed.encode(), timeout=4 * PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{block.place} doesn't end:\n{output.read_text()}") from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return commands(output.read_text(), process.returncode)

    def _named(self, text: str) -> str:
        for name, here in self._names.items():
            text = text.replace(name, here)
        return text


def commands(output: str, status: int) -> list[Command]:
    """Return the commands that an output notes, the last of which ended with this status."""
    notes = _NOTE.findall(output)
    statuses = [*(int(before) for before, _, _ in notes[1:]), status]
    return [
        Command(line, said.strip(), ended)
        for (_, line, said), ended in zip(notes, statuses, strict=True)
    ]
