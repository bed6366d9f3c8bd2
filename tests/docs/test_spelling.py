"""The list of words that the spelling lets pass has no more than it needs; ``make docs`` spells."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys

from tests.processes import PATIENCE, ROOT

WORDS = (ROOT / "docs" / "spelling_wordlist.txt").read_text().splitlines()
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
NEEDS = ROOT / "docs" / "needs.py"


def test_words_are_sorted():
    """Each has one place, and is there once."""
    assert sorted(set(WORDS), key=lambda word: (word.casefold(), word)) == WORDS != []


def test_words_are_used():
    """One that no page has any more is gone from the list."""
    text = "\n".join(page.read_text() for page in PAGES)
    assert set(WORDS) - set(re.findall(r"[^\W_]+", f"{text}\n{text.lower()}")) == set()


def test_what_is_missing_is_said_in_a_line(tmp_path):
    """Without Graphviz it names the packages to install, and doesn't begin to build."""
    done = subprocess.run(
        [sys.executable, NEEDS],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "needs Graphviz" in line
    assert "apt-get install" in line


def test_packages_are_named_alike():
    """CI installs, and contributors are told of, what the build asks for."""
    wanted = " ".join(runpy.run_path(str(NEEDS))["PACKAGES"])
    for file in (".ci/run", "CONTRIBUTING.md"):
        assert wanted in (ROOT / file).read_text()
