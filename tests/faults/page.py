"""The comparison as a page of the documentation, made from its data and nothing else.

It imports nothing of the suite: a test without servers makes the page again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from signal import Signals
from string import Template
from typing import Any, TypeAlias

Data: TypeAlias = dict[str, Any]
Columns: TypeAlias = dict[str, Callable[[Data], object]]

_TEMPLATE = Path(__file__).with_name("page.md")


def load(page: Path) -> Data:
    """Return the data that are kept beside a page."""
    data: Data = json.loads(_beside(page).read_text())
    return data


def write(page: Path, data: Data) -> None:
    """Write a page, and its data beside it."""
    _beside(page).write_text(json.dumps(data, indent=2) + "\n")
    page.write_text(render(data))


def render(data: Data) -> str:
    """Return the page."""
    versions = "\n".join(f"| {name} | {number} |" for name, number in data["versions"].items())
    tables = {
        "faults": faults(data),
        "hand_overs": hand_overs(data) or "_None was measured._",
        "versions": versions,
        "fatal": " or ".join(map(str, data["fatal"])),
    }
    return Template(_TEMPLATE.read_text()).substitute(data, **tables)


def faults(data: Data) -> str:
    """Return the table of the scenarios, empty if there are none."""
    return _table(_FAULTS, (row for row in data["results"] if not row["is_hand_over"]))


def hand_overs(data: Data) -> str:
    """Return the table of the scenarios in which partitions change hands."""
    return _table(_HAND_OVERS, (row for row in data["results"] if row["is_hand_over"]))


def _outcome(row: Data) -> str:
    ended = {"settled": "settled", "stuck": "stuck", "ended": "not settled"}[row["outcome"]]
    return f"{ended}, cut short" if row["is_cut_short"] else ended


def _ends(row: Data) -> str:
    """Return how often it has ended by itself, and how."""
    return ", ".join(f"status {status}" for status in row["ended"]) or "no"


def _told(row: Data) -> str:
    status = row["told"]
    if status is None:
        return "had ended"
    return f"status {status}" if status >= 0 else f"dies of {Signals(-status).name}"


def _pause(name: str) -> Callable[[Data], object]:
    return lambda row: "over too late" if row[name] is None else f"{row[name]} s"


_DAMAGE: Columns = {
    "good events lost": lambda row: row["lost"],
    "bad events lost": lambda row: row["bad_lost"],
    "rows wrong": lambda row: row["wrong"],
    "not committed": lambda row: row["uncommitted"],
}
_END: Columns = {
    "outcome": _outcome,
    "ended by itself": _ends,
    "when told to stop": _told,
}
_FAULTS: Columns = {
    "messages": lambda row: row["published"],
    **_DAMAGE,
    **_END,
    "took": lambda row: f"{row['seconds']} s",
}
_HAND_OVERS: Columns = {
    "longest pause of a partition": _pause("longest_pause"),
    "until the others have all partitions": _pause("taken_over"),
    **_DAMAGE,
    **_END,
}


def _table(columns: Columns, rows: Iterable[Data]) -> str:
    """Return a table, empty if there are no rows; each scenario is named once."""
    names = ["scenario", "consumer", *columns]
    lines = [_line(names), _line("---" for _ in names), *_lines(columns, rows)]
    return "\n".join(lines) if len(lines) > 2 else ""


def _lines(columns: Columns, rows: Iterable[Data]) -> Iterator[str]:
    scenario = ""
    for row in rows:
        name, scenario = "" if row["scenario"] == scenario else row["scenario"], row["scenario"]
        yield _line([name, row["contestant"], *(cell(row) for cell in columns.values())])


def _line(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _beside(page: Path) -> Path:
    return page.with_suffix(".json")
