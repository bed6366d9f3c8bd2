"""Git's hooks run what ``make quality`` runs, and know a conventional commit from another."""

from __future__ import annotations

import re
from configparser import ConfigParser
from typing import Any

import pytest
import yaml

from tests.processes import ROOT

CONFIG = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
HOOKS: dict[str, dict[str, Any]] = {
    hook["id"]: hook for repository in CONFIG["repos"] for hook in repository["hooks"]
}
PROGRAMS = [hook["entry"] for hook in HOOKS.values() if hook["language"] == "system"]


def is_let_through(message: str) -> bool:
    """Return what the hook thinks of a message; pre-commit matches as this does."""
    return re.search(HOOKS["commit-message"]["entry"], message, re.MULTILINE) is not None


def test_nothing_is_downloaded():
    """A hook of another repository would have a version that no constraint knows."""
    assert {repository["repo"] for repository in CONFIG["repos"]} == {"local"}
    assert {hook["language"] for hook in HOOKS.values()} == {"system", "pygrep"}


@pytest.mark.parametrize("program", PROGRAMS)
def test_tools_are_those_of_quality(program):
    """From the virtual environment, whose versions are pinned."""
    tox = ConfigParser()
    tox.read(ROOT / "tox.ini")
    tools = {" ".join(line.split()[:2]) for line in tox["testenv:quality"]["commands"].splitlines()}
    words = program.removeprefix(".venv/bin/").split()
    assert words != program.split()
    assert " ".join(words[:2] if words[0] == "ruff" else words) in tools


@pytest.mark.parametrize(
    "message",
    [
        "feat: a fourth room\n",
        "fix(shared): a letter is kept\n\nBecause it was not.\n",
        "refactor(credentials_grades_sync, shared)!: one name for both\n",
        "fixup! feat: a fourth room\n",
        'Revert "feat: a fourth room"\n',
        "Merge branch 'main' into rooms\n",
    ],
)
def test_conventional_commit(message):
    """It is let through, and so is what Git writes itself."""
    assert is_let_through(message)


@pytest.mark.parametrize(
    "message",
    [
        "A fourth room\n",
        "feature: a fourth room\n",
        "Feat: a fourth room\n",
        "feat:a fourth room\n",
        "feat: \n",
        "feat(): a fourth room\n",
        "Rooms\n\nfeat: a fourth room\n",
    ],
)
def test_other_commit(message):
    """It is refused, and the hook's name says what is wanted."""
    assert not is_let_through(message)
