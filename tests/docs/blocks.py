"""Code blocks of the documentation's pages, and what a comment says of a block's test.

A block of commands is run by ``test_commands`` unless the line above it says otherwise:
``<!-- run by: PATH -->`` names the file that does it, ``<!-- not run: REASON -->`` why none can.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
SHELLS = {"bash", "sh", "shell", "console"}
RUN_BY, NOT_RUN = "run by: ", "not run: "

_MARK = r"<!-- (?P<mark>(?:not run|run by): .+?) -->"
_BLOCK = re.compile(
    rf"(?:^ *{_MARK}\n+)?^ *```(?P<language>\w+)\n(?P<text>.*?)^ *```$", re.DOTALL | re.MULTILINE
)
_FENCE = re.compile(r"^ *```(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block, without its indentation."""

    page: Path
    line: int
    """That of its fence, from 1."""
    language: str
    text: str
    mark: str
    """``run by: PATH``, ``not run: REASON``, or nothing."""

    @property
    def place(self) -> str:
        """Where it stands, for messages of failed tests."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page that name a language, in their order."""
    text = page.read_text()
    return [
        Block(
            page=page,
            line=text.count("\n", 0, found.start("language")) + 1,
            language=found["language"],
            text=dedent(found["text"]),
            mark=found["mark"] or "",
        )
        for found in _BLOCK.finditer(text)
    ]


def of_commands(page: Path) -> list[Block]:
    """Return a page's blocks of commands."""
    return [block for block in blocks(page) if block.language in SHELLS]


def all_of_commands() -> list[Block]:
    """Return the blocks of commands of all pages."""
    return list(chain.from_iterable(map(of_commands, PAGES)))


def run_by(file: str) -> list[Block]:
    """Return the blocks whose marks name a test's file, as its ``__file__`` says it."""
    mark = f"{RUN_BY}{Path(file).relative_to(ROOT)}"
    return [block for block in all_of_commands() if block.mark == mark]


def unnamed(page: Path) -> list[int]:
    """Return the lines of a page's fences that open a block and name no language."""
    text = page.read_text()
    opening = list(_FENCE.finditer(text))[::2]
    return [text.count("\n", 0, fence.end()) + 1 for fence in opening if not fence[1].strip()]
