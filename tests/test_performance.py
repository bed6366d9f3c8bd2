"""The page of the benchmark says what was measured."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.benchmark import page, sections
from tests.benchmark.contestants import ALL, OURS, STOCK
from tests.processes import ROOT

PAGE = ROOT / "docs" / "reference" / "performance.md"
ROW = {
    "events": 1000,
    "rates": [4000, 100, 3000],
    "worker_us": 50.0,
    "database_us": 20.0,
    "peak": 1,
}


def test_page_is_made_from_its_data():
    """Nobody has written into it by hand; `python -m tests.benchmark --render` makes it again."""
    assert PAGE.read_text() == page.render(page.load(PAGE))


def test_contestants_are_named_as_in_the_data():
    """Who renames one has to measure again."""
    for part, results in page.results_of(page.load(PAGE)).items():
        if part.startswith("rates_"):
            assert list(results["contestants"]) == [each.name for each in ALL]


def test_rates_are_told_with_their_spread():
    """The median first, and how many times as fast this worker is."""
    rows = {OURS.name: ROW, STOCK.name: ROW | {"rates": [100]}}
    found = sections.rates({"rates_sqlite": {"contestants": rows}}).splitlines()
    assert found[2].startswith("| SQLite | this worker | 1,000 | 3,000 | 100 to 4,000 | 1 | 50 |")
    assert found[3].startswith("|  | stock consumer | 1,000 | 100 | 100 to 100 | 30 |")


@pytest.mark.parametrize("name", [name for name in sections.ALL if name != "targets"])
def test_part_that_was_not_measured(name):
    """Has no table, and the page says so."""
    assert sections.ALL[name]({}) == ""
    assert "_Not measured yet._" in page.render({})


def test_part_is_replaced_and_others_stay():
    """So the long ones needn't be run again."""
    old, new = {"memory": {"results": 1}, "growth": {"results": 2}}, {"growth": {"results": 3}}
    assert page.merged(old, new) == {"growth": {"results": 3}, "memory": {"results": 1}}


@pytest.mark.parametrize("option", [["--only", "nonsense"], ["--quick", "--write", "page.md"]])
def test_options_that_make_no_sense(option):
    """End in one line that says so, before anything is measured."""
    command = [sys.executable, "-m", "tests.benchmark", *option]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 2
    assert "error:" in ended.stderr.splitlines()[-1]
