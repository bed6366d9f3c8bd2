"""The page that compares this worker with the stock consumer says what was measured."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.faults import page
from tests.faults.scenarios import SCENARIOS
from tests.processes import ROOT

PAGE = ROOT / "docs" / "reference" / "comparison.md"
RESULT = {
    "scenario": "the broker is killed",
    "is_hand_over": False,
    "contestant": "stock consumer",
    "published": 4711,
    "lost": 11,
    "bad_lost": 22,
    "wrong": 33,
    "uncommitted": 44,
    "outcome": "settled",
    "is_cut_short": False,
    "ended": [],
    "told": -15,
    "seconds": 55.5,
    "taken_over": None,
    "longest_pause": None,
}


def cells(**changes: object) -> list[str]:
    """Return the cells of a table's only row."""
    data = {"results": [RESULT | changes]}
    row = (page.faults(data) or page.hand_overs(data)).splitlines()[-1]
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_name_of_no_scenario():
    """It is said, with the names that there are; an empty table would look like a success."""
    command = [sys.executable, "-m", "tests.faults", "compare", "--only", "nonsense"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("Fatal: No scenario has 'nonsense' in its name. There are: no fault")


def test_page_tells_of_every_scenario():
    """Who adds one runs them all again: `make faults-report`."""
    told = dict.fromkeys(row["scenario"] for row in page.load(PAGE)["results"])
    assert list(told) == [scenario.title for scenario in SCENARIOS]


def test_page_is_made_from_its_data():
    """Nobody has written into it by hand; `python -m tests.faults render` makes it again."""
    assert PAGE.read_text() == page.render(page.load(PAGE))


def test_page_has_both_consumers_in_each_scenario():
    """In the same order."""
    told = [(row["scenario"], row["contestant"]) for row in page.load(PAGE)["results"]]
    scenarios = list(dict.fromkeys(scenario for scenario, _ in told))
    consumers = list(dict.fromkeys(consumer for _, consumer in told))
    assert len(consumers) == 2
    assert told == [(scenario, each) for scenario in scenarios for each in consumers]


def test_row_has_every_number():
    """In the order of the table's head."""
    assert cells()[:7] == ["the broker is killed", "stock consumer", "4711", "11", "22", "33", "44"]
    assert cells()[-1] == "55.5 s"


@pytest.mark.parametrize(
    ("changes", "cell"),
    [
        ({}, "settled"),
        ({"outcome": "stuck", "is_cut_short": True}, "stuck, cut short"),
        ({"outcome": "ended"}, "not settled"),
        ({}, "no"),
        ({"ended": [0, 3]}, "status 0, status 3"),
        ({}, "dies of SIGTERM"),
        ({"told": 0}, "status 0"),
        ({"told": None}, "had ended"),
        ({"is_hand_over": True, "longest_pause": 45.67}, "45.67 s"),
        ({"is_hand_over": True, "longest_pause": 1.0}, "over too late"),
    ],
)
def test_end_is_told_in_words(changes, cell):
    """How a contestant came through, and what it did when it was told to stop."""
    assert cell in cells(**changes)


def test_scenario_is_named_once():
    """The second row of a pair goes without."""
    *_, first, second = page.faults({"results": [RESULT, RESULT]}).splitlines()
    assert first.startswith("| the broker is killed |")
    assert second.startswith("|  |")
