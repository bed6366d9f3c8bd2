"""Links inside the repository lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OF_THE_ROOT = sorted(ROOT.glob("*.md"))
PAGES = [*OF_THE_ROOT, *sorted((ROOT / "docs").rglob("*.md"))]
TEST = re.compile(r"`(tests/[\w/]+(?:\.py)?)`")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links(page):
    """Each names a file or folder that is there."""
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link]
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_named_tests(page):
    """Tests that a page names by their path are there."""
    assert [path for path in TEST.findall(page.read_text()) if not (ROOT / path).exists()] == []


def test_links_are_found():
    """The other tests have something to test."""
    assert "docs/concepts/delivery.md" in LINK.findall((ROOT / "README.md").read_text())
    grades = ROOT / "docs" / "reference" / "grades_room.md"
    assert "tests/contract" in TEST.findall(grades.read_text())
