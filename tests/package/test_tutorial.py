"""docs/tutorial.md, followed literally in an empty folder with the built wheel.

Its commands run in the terminals that it names, one block after another. What it has the reader
save goes to the file that the sentence above names, and what it shows has to be shown, but for what
``…`` stands for.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.blocks import Block, blocks
from tests.package.environment import Environment, run
from tests.package.terminal import Terminal
from tests.processes import ROOT, wait_until

PAGE = ROOT / "docs" / "tutorial.md"
FILE = re.compile(r"`([\w/]+\.py)`")
TERMINAL = re.compile(r"\bin the (first|second|third) terminal", re.IGNORECASE)
CHANGE = re.compile(r"`(\w+)` becomes:")
STAYS = ("run_embedded_bus", "run_consumers")
"""Commands that run until Ctrl-C."""


@pytest.fixture(scope="module")
def path(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the shell finds the programs of an environment that has the extra ``testing``.

    The other tests' lacks it on purpose; this one builds on that, for it saves half a minute.
    """
    folder = tmp_path_factory.mktemp("reader")
    run([sys.executable, "-m", "venv", "--without-pip", "env"], folder)
    (below,) = environment.programs.parent.glob("lib/python*/site-packages")
    (ours,) = (folder / "env").glob("lib/python*/site-packages")
    (ours / "below.pth").write_text(f"{below}\n")
    pip = ["-m", "pip", "--python", "env/bin/python", "install", "--no-compile"]
    constraints = ["--constraint", str(ROOT / "constraints" / "newest.txt")]
    run([sys.executable, *pip, *constraints, "openedx-event-sync[testing]"], folder)
    return os.pathsep.join(map(str, [folder / "env" / "bin", environment.programs]))


class Reader:
    """Somebody at three terminals, who does what the page says."""

    def __init__(self, path: str, folder: Path, logs: Path) -> None:
        self._folder = folder
        self._terminals = {
            name: Terminal(path, folder, logs / f"{name}.log")
            for name in ("first", "second", "third")
        }
        self._at = self._terminals["first"]

    def save(self, text: str, before: str) -> None:
        """Save a block where the text before it says."""
        file = self._folder / FILE.findall(before)[-1]
        if f"end of `{file.relative_to(self._folder)}`" in before:
            text = f"{file.read_text()}\n{text}"
        elif name := CHANGE.search(before):
            line = re.compile(rf"^{name[1]} = .*\n", re.MULTILINE)
            text, count = line.subn(text, file.read_text())
            assert count == 1
        file.write_text(text)

    def type(self, commands: str, before: str, shown: list[str]) -> None:
        """Type commands into the terminal in question, and wait for what they are to show."""
        if found := TERMINAL.search(before):
            self._at = self._terminals[found[1].lower()]
        if self._at.is_busy:
            assert "Ctrl-C" in before
            self._at.interrupt()
            assert self._at.wait() == 0, self._at.output
        before_it = {name: len(each.output) for name, each in self._terminals.items()}
        self._at.type(commands)
        if not any(command in commands for command in STAYS):
            fails = any(line.startswith("FAILED ") for line in shown)
            assert bool(self._at.wait()) == fails, self._at.output

        def new() -> str:
            terminals = self._terminals.items()
            return "\n".join(each.output[before_it[name] :] for name, each in terminals)

        try:
            wait_until(lambda: all(is_shown(line, new()) for line in shown), str(shown))
        except AssertionError as error:
            raise AssertionError(f"{error}\n{new()}") from None

    def leave(self) -> None:
        """Close the terminals."""
        for terminal in self._terminals.values():
            terminal.close()


def is_shown(line: str, output: str) -> bool:
    """Return whether an output has a line with these parts in this order, however wide."""
    parts = [re.escape(" ".join(part.split())) for part in line.split("…")]
    pattern = re.compile(".*?".join(parts))
    return any(pattern.search(" ".join(each.split())) for each in output.splitlines())


@pytest.fixture
def reader(path: str, tmp_path: Path) -> Iterator[Reader]:
    """A reader in an empty folder."""
    folder = tmp_path / "empty"
    folder.mkdir()
    reader = Reader(path, folder, tmp_path)
    yield reader
    reader.leave()


def text_before(block: Block, others: list[Block]) -> str:
    """Return the text between a block and the one before it."""
    ends = [each.line + each.text.count("\n") + 1 for each in others if each.line < block.line]
    return "\n".join(PAGE.read_text().splitlines()[max(ends, default=0) : block.line - 1])


def test_the_tutorial_works(reader: Reader) -> None:
    """Every command ends as it should, and shows what the page says."""
    found = blocks(PAGE)
    for number, block in enumerate(found):
        before = text_before(block, found)
        if block.language == "python":
            reader.save(block.text, before)
        elif block.language == "bash" and not block.mark.startswith("not run: "):
            below = found[number + 1]
            shown = below.text.splitlines() if below.language == "text" else []
            reader.type(block.text, before, shown)


@pytest.mark.parametrize("line", ["… done=1 …", "INFO done=1 …", "2025 … now"])
def test_what_is_shown(line: str) -> None:
    """Whatever the parts left out say, and however much room there is."""
    assert is_shown(line, "before\n2025  INFO   done=1 now\n")


@pytest.mark.parametrize("line", ["… done=2", "done=1 … INFO", "after … now"])
def test_what_is_not_shown(line: str) -> None:
    """Another number, another order, or another line's."""
    assert not is_shown(line, "after\n2025  INFO   done=1 now\n")
