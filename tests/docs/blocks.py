"""Code blocks of the documentation's pages, and what the comment above one says of its test.

A block of commands is run by ``test_commands`` unless the line above it says otherwise:
``<!-- run by: PATH -->`` names the file that does it, ``<!-- not run: REASON -->`` why none can.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

_BLOCK = re.compile(
    r"(?:^ *<!-- (?P<mark>(?:not run|run by): .+?) -->\n+)?"
    r"^ *```(?P<language>\w+)\n(?P<text>.*?)^ *```$",
    re.DOTALL | re.MULTILINE,
)


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
