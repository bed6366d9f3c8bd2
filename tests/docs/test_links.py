"""Links inside the repository lead somewhere, to the heading that they name."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OF_THE_ROOT = sorted(ROOT.glob("*.md"))
PAGES = [*OF_THE_ROOT, *sorted((ROOT / "docs").rglob("*.md"))]
TEST = re.compile(r"`(tests/[\w/]+(?:\.py)?)`")
LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]*))?[^)]*\)")
"""Path and anchor; either may be empty."""
BLOCK = re.compile(r"^ *(```+).*?^ *\1$", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
LABEL = re.compile(r"^\((.+)\)=$", re.MULTILINE)


def links(page: Path) -> list[tuple[Path, str]]:
    """Return the file or folder and the anchor of each link of a page into the repository."""
    found = LINK.findall(BLOCK.sub("", page.read_text()))
    return [(page.parent / path if path else page, anchor) for path, anchor in found]


@cache
def anchors(page: Path) -> set[str]:
    """Return what a link may name in a page: its headings, as GitHub writes them, and labels."""
    text = BLOCK.sub("", page.read_text())
    headings = [re.sub(r"[^\w\- ]", "", each.lower()) for each in HEADING.findall(text)]
    return {each.replace(" ", "-") for each in headings} | set(LABEL.findall(text))


def leads_nowhere(target: Path, anchor: str) -> bool:
    """Return whether there is no such file, or no such place in a page."""
    if not target.exists():
        return True
    return bool(anchor) and target.suffix == ".md" and anchor not in anchors(target.resolve())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links(page):
    """Each names a file or folder that is there, and a heading that this page has."""
    assert [link for link in links(page) if leads_nowhere(*link)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_named_tests(page):
    """Tests that a page names by their path are there."""
    assert [path for path in TEST.findall(page.read_text()) if not (ROOT / path).exists()] == []


def test_links_are_found():
    """The other tests have something to test."""
    grades = ROOT / "docs" / "reference" / "grades_room.md"
    assert (ROOT / "SECURITY.md", "reporting") in links(ROOT / "CONTRIBUTING.md")
    assert "tests/contract" in TEST.findall(grades.read_text())


@pytest.mark.parametrize(
    ("path", "anchor"),
    [("SECURITY.md", "reporting"), ("docs/how_to/run_workers.md", "late"), ("docs", "")],
)
def test_link_that_leads_somewhere(path, anchor):
    """To a heading, a label or a folder."""
    assert not leads_nowhere(ROOT / path, anchor)


@pytest.mark.parametrize(("path", "anchor"), [("SECURITY.md", "rewarding"), ("NOBODY.md", "")])
def test_link_that_leads_nowhere(path, anchor):
    """To a heading or a file that isn't there."""
    assert leads_nowhere(ROOT / path, anchor)
