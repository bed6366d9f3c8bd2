"""Lines with ``make`` in the pages, in a checkout in which Python stands in for itself.

What the targets do is ``.ci/run``'s to try. Here is seen that there are such targets, that what a
page adds reaches them, and that the tests, hosts and options that it names are there.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.commands import parse
from tests.docs.blocks import PAGES, ROOT, all_of_commands, run_by
from tests.hosts.recipe import known

IN_TEXT = re.compile(r"`(make [^`]+)`")
IN_BLOCK = re.compile(r"^(make [^\n#]*[^\n# ])", re.MULTILINE)
UNSAID = re.compile(r"…|<\w+>")
LINES = sorted(
    {line for page in PAGES for line in IN_TEXT.findall(page.read_text())}
    | {line for block in all_of_commands() for line in IN_BLOCK.findall(block.text)}
)
STAND_IN = '#!/bin/sh\nprintf "%s " "$(basename "$0")" "$@" >> "$ASKED"\n'
PROGRAMS = (".venv/bin/python", ".venv/bin/tox", ".venv/bin/pre-commit", "bin/python3")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the Makefile, and all of .venv that isn't made by Python."""
    for name in ("Makefile", "pyproject.toml", "constraints"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    (tmp_path / "docs" / "reference").mkdir(parents=True)
    for name in PROGRAMS:
        program = tmp_path / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(STAND_IN)
        program.chmod(0o755)
    (tmp_path / ".venv" / ".created").touch()
    return tmp_path


def asked(checkout: Path, line: str) -> str:
    """Run a line and return what it asked the stand-ins to do."""
    log = checkout / "asked"
    path = os.pathsep.join([str(checkout / "bin"), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=checkout,
        env={**os.environ, "PATH": path, "ASKED": str(log)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return log.read_text() if log.exists() else done.stdout


@pytest.mark.parametrize("line", [line for line in LINES if not UNSAID.search(line)])
def test_line(checkout: Path, line: str) -> None:
    """It runs, and what it says is said to the program that it is for."""
    heard = asked(checkout, line)
    assert heard
    said = dict(word.split("=", 1) for word in shlex.split(line)[1:] if "=" in word)
    for name in said.keys() & {"TESTS", "DEMO", "BENCH", "HOST", "SRC"}:
        assert " ".join(shlex.split(said[name])) in heard
    if "DEMO" in said and said["DEMO"] != "--help":
        parse(f"demo {said['DEMO']}")
    assert said.get("HOST", known()[0]) in known()
    for word in shlex.split(said.get("TESTS", "")):
        assert "/" not in word or (ROOT / word.partition("::")[0]).exists()


@pytest.mark.parametrize("word", ["redelivered", "kafka"])
def test_keyword(word: str) -> None:
    """The examples of ``-k`` choose tests that there are."""
    chosen = [path for path in (ROOT / "tests").rglob("test_*.py") if word in path.read_text()]
    assert f"-k {word}" in "".join(LINES)
    assert chosen


def test_target_that_is_not_there(checkout: Path) -> None:
    """The other test would find it."""
    with pytest.raises(AssertionError, match="No rule to make target"):
        asked(checkout, "make nothing-of-the-kind")


def test_blocks_are_among_the_lines() -> None:
    """Those that name this module as their test."""
    commands = [line for block in run_by(__file__) for line in IN_BLOCK.findall(block.text)]
    assert commands
    assert {*commands} <= {*LINES}
