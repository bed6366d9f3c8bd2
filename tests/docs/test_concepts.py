"""The pages of concepts name what the code has."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from shared import parking
from shared.conf import Settings
from shared.kafka import worker
from shared.outcomes import Outcome
from tests.processes import ROOT

CONCEPTS = ROOT / "docs" / "concepts"
PAGES = sorted(CONCEPTS.glob("*.md"))
MODULE = re.compile(r"`(shared(?:\.[a-z]\w*)+)(?:\.[A-Z]\w*)?`")
NAME_IN_CAPITALS = re.compile(r"`([A-Z][A-Z_]+)`")
OUTCOMES = {outcome.name for outcome in Outcome}
OTHERS = {"EVENT_SYNC"}


def page(name: str) -> str:
    """Return the text of a page, or of a diagram."""
    return (CONCEPTS / name).read_text()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_modules_are_there(path):
    """Each module that a page names can be imported."""
    assert [name for name in MODULE.findall(path.read_text()) if find_spec(name) is None] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_settings_and_outcomes_are_there(path):
    """What a page writes in capitals is a setting or an outcome."""
    known = OUTCOMES | {name.upper() for name in Settings.__dataclass_fields__} | OTHERS
    assert set(NAME_IN_CAPITALS.findall(path.read_text())) <= known


def test_modules_are_found():
    """The other tests have something to test."""
    assert "shared.pipeline" in MODULE.findall(page("the_way_of_an_event.md"))


def test_outcomes_are_all_there():
    """The table has each once, and the diagram each as an end."""
    rows = re.findall(r"^\| `([A-Z]+)` \|", page("delivery.md"), re.MULTILINE)
    assert set(rows) == OUTCOMES
    assert len(rows) == len(OUTCOMES)
    ends = set(re.findall(r'label="([A-Z]+)"', page("delivery.dot")))
    assert ends == OUTCOMES


def test_pauses_are_true():
    """Those between the retries of a parked event, and between looks for what is due."""
    text = page("parking_and_dead_letters.md")
    assert "after a quarter of a second, then after twice as long each time, up to five" in text
    assert parking.FIRST_PAUSE.total_seconds() == 1 / 4
    assert parking.LONGEST_PAUSE.total_seconds() == 5 * 60
    assert "look every half second" in text
    assert worker._PARKED_INTERVAL == 1 / 2


def test_every_diagram_is_described():
    """Who can't see it reads the same; and each file is on a page."""
    shown = re.findall(
        r"```\{graphviz\} (\S+)\n---\nalt: >\n(?:  \S.+\n){2,}", "".join(map(Path.read_text, PAGES))
    )
    assert sorted(shown) == sorted(path.name for path in CONCEPTS.glob("*.dot"))
