"""A page's blocks of commands in an arena, for the tests' room."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.docs.blocks import Block
from tests.docs.promises import broken
from tests.docs.shell import Command, Shell
from tests.faults.arena import QUICK, Arena
from tests.processes import ROOT
from tests.testapp.room import ROOM


def note_migrations(arena: Arena) -> None:
    """Let the arena's database, whose tables are copies, say that it is migrated."""
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--fake", "--verbosity", "0"],
        cwd=ROOT,
        env=arena.environment(DJANGO_SETTINGS_MODULE="tests.process_settings"),
        check=True,
    )


def run(
    block: Block, arena: Arena, folder: Path, *, time: str = "", event_sync: Any = None
) -> list[Command]:
    """Run a block in a folder of its own; ``time`` stands for the one that the page says."""
    folder = folder / str(block.line)
    folder.mkdir()
    shutil.copy(ROOT / "manage.py", folder)
    environment = arena.environment(
        DJANGO_SETTINGS_MODULE="tests.process_settings",
        PYTHONPATH=ROOT,
        EVENT_SYNC=event_sync or {},
        EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK,
    )
    names = {"ROOM": ROOM, "credentials_grades_sync": ROOM}
    if time:
        names["2026-01-31T12:00:00Z"] = time
    ran = Shell(folder, environment, names).run(block)
    problems = [line for command in ran for line in broken(command)]
    assert not problems, "\n".join([f"{block.place}:", *problems, *map(str, ran)])
    return ran
