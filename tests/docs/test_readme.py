"""README's tables say what the demo and the comparison say today."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib import import_module
from typing import cast

import pytest

from shared import registry
from shared.demo.options import SEED
from shared.demo.part import Part
from shared.demo.stream import Run
from shared.outcomes import Outcome
from tests.docs.blocks import blocks
from tests.processes import ROOT
from tests.wire import NOW

README = ROOT / "README.md"
PLANNED = (Outcome.FILTERED, Outcome.IGNORED, Outcome.PARKED, Outcome.DEAD)
ROOMS = [room.name for room in registry.rooms()]
CELLS = re.compile(r"^│ (\w+) +│ +(.+) │$", re.MULTILINE)
COMPARED = re.compile(
    r"^\| (.*) \| (this worker|stock consumer) \| (\d+) \| (\d+) \| (?:([\d.]+) s)? *\|$",
    re.MULTILINE,
)


@pytest.fixture(scope="module")
def ended() -> dict[str, list[float]]:
    """How the demo's events ended, for each room and in total, as README shows it."""
    (text,) = [b.text for b in blocks(README) if "How the events ended" in b.text]
    rows = {name: cells.split("│")[: len(ROOMS) + 1] for name, cells in CELLS.findall(text)}
    return {name: [float(cell.replace(",", "")) for cell in cells] for name, cells in rows.items()}


def planned(room: str, events: int) -> Counter[Outcome | None]:
    """Return how so many events of a room's part are planned to end; None: that depends."""
    part = cast(Part, import_module(f"{room}.demo"))
    stream = part.make_stream(Run(events=events, seed=SEED, started=NOW))
    return Counter(each.kind.ends_as for each in stream)


def test_command_of_the_table(ended):
    """It is for as many events as the table has."""
    (events,) = re.findall(r'`make demo DEMO="--events (\d+) --exit"`', README.read_text())
    assert ended["produced"][-1] == int(events)


@pytest.mark.parametrize("number", range(len(ROOMS)), ids=ROOMS)
@pytest.mark.parametrize("outcome", PLANNED)
def test_events_end_as_planned(ended, number, outcome):
    """The plan of today has these numbers."""
    plan = planned(ROOMS[number], int(ended["produced"][number]))
    assert ended[outcome.value][number] == plan[outcome]


def test_demo_s_table_adds_up(ended):
    """Each event has one end, and the total is that of the rooms."""
    outcomes = [ended[outcome.value] for outcome in Outcome]
    assert [sum(column) for column in zip(*outcomes, strict=True)] == ended["produced"]
    assert all(sum(row[:-1]) == row[-1] for row in outcomes)
    assert set(ended["lost"]) == {0}


def test_comparison():
    """Each line is one of the page that was measured; who is named once is meant until the next."""
    data = json.loads((ROOT / "docs" / "reference" / "comparison.json").read_text())
    measured = {(row["scenario"], row["contestant"]): row for row in data["results"]}
    lines, scenario = COMPARED.findall(README.read_text()), ""
    assert lines
    for named, contestant, lost, wrong, pause in lines:
        scenario = named or scenario
        row = measured[scenario, contestant]
        assert (int(lost), int(wrong)) == (row["lost"], row["wrong"])
        assert (float(pause) if pause else None) == row["longest_pause"]
