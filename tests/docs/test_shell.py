"""What a block does wrong is seen, wherever in it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, Block
from tests.docs.promises import broken
from tests.docs.shell import Command, Shell


def run(folder: Path, text: str) -> list[Command]:
    """Run a block of these lines."""
    block = Block(page=ROOT / "README.md", line=1, language="bash", text=text, mark="")
    return Shell(folder, os.environ, {"WORD": "two"}).run(block, typed="typed\n")


def test_commands_with_what_they_print(tmp_path: Path) -> None:
    """Each by itself, with variables and answers, in a folder of its own."""
    text = 'NAME=one\necho "$NAME" WORD\nread -r said\necho "$said"'
    lines = [(each.line, each.output) for each in run(tmp_path, text)]
    assert ('echo "$NAME" two', "one two") in lines
    assert ('echo "$said"', "typed") in lines


def test_folder_and_python(tmp_path: Path) -> None:
    """They are the test's."""
    (command,) = run(tmp_path, "python -c 'import os, sys; print(os.getcwd(), sys.executable)'")
    assert command.output == f"{tmp_path} {sys.executable}"


@pytest.mark.parametrize(
    "text", ["false\ntrue", "true\nfalse", "for each in a; do\n  false || break\ndone", "echo $NO"]
)
def test_failure_anywhere(tmp_path: Path, text: str) -> None:
    """In the middle, at the end, or where bash is told to go on."""
    assert any(broken(command) for command in run(tmp_path, text))


def test_promise_that_is_broken() -> None:
    """An output that isn't what the page says, and a name that nobody is to see."""
    assert broken(Command("python manage.py dead_letters list", "0 of 0 dead letters.", 0))
    assert broken(Command("python manage.py parked show 1", "learner-1-0", 0))
    assert not broken(Command("python manage.py list_rooms", "", 0))
