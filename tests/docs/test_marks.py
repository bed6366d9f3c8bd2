"""No block of commands goes untested without a reason, and no comment says what isn't so."""

from __future__ import annotations

import re

import pytest

from tests.docs.blocks import (
    NOT_RUN,
    PAGES,
    ROOT,
    RUN_BY,
    SHELLS,
    Block,
    all_of_commands,
    unnamed,
)

MARK = re.compile(r"<!-- (?:run by|not run)\b")
FENCE = re.compile(rf" *```(?:{'|'.join(SHELLS)})$")
COMMENT = re.compile(r" +#.*$", re.MULTILINE)
MARKED = [block for block in all_of_commands() if block.mark]


def lines(block: Block) -> list[str]:
    """Return a block's lines without its comments."""
    return [line.strip() for line in COMMENT.sub("", block.text).splitlines() if line.strip()]


@pytest.mark.parametrize("block", MARKED, ids=lambda block: block.place)
def test_mark(block: Block) -> None:
    """A file that is named runs the block: it reads the page's, or has the very lines."""
    if block.mark.startswith(NOT_RUN):
        assert len(block.mark.removeprefix(NOT_RUN).split()) >= 3, "the reason is a sentence"
        return
    file = ROOT / block.mark.removeprefix(RUN_BY)
    assert file.is_file(), f"{block.place} names {file}"
    text = file.read_text()
    reads_blocks = "run_by(" in text or block.page.name in text
    missing = [line for line in lines(block) if line not in text]
    assert reads_blocks or not missing, f"{block.place}: {file} has no {missing}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_marks_are_used(page):
    """Each stands above a block of commands."""
    text = page.read_text().splitlines()
    marks = [number for number, line in enumerate(text) if MARK.search(line)]
    assert [number for number in marks if not FENCE.match(following(text, number))] == []


def following(text: list[str], number: int) -> str:
    """Return the next line that isn't empty."""
    return next((line for line in text[number + 1 :] if line.strip()), "")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_names_its_language(page):
    """Else nobody knows which are commands."""
    assert unnamed(page) == []


def test_marks_are_found():
    """The other tests have something to test."""
    assert {block.mark.partition(":")[0] for block in MARKED} == {"run by", "not run"}
