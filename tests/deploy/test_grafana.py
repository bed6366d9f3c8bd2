"""The dashboard can be imported anywhere and asks for metrics that there are."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.deploy.promql import DEPLOY, problems, series

DASHBOARD = json.loads((DEPLOY / "grafana" / "event-sync.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
VARIABLES = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
WIDTH = 24
ASKED_BY_VARIABLE = re.compile(r"label_values\((.+), (\w+)\)")
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel["targets"]]


def titled(panel: dict[str, Any]) -> str:
    """Return by what a panel is known."""
    return str(panel["title"])


@pytest.mark.parametrize("panel", PANELS, ids=titled)
def test_panel(panel: dict[str, Any]) -> None:
    """It asks for series that there are, of the chosen jobs and rooms, and says what they are."""
    assert panel["description"]
    assert panel["targets"]
    for target in panel["targets"]:
        expression = target["expr"].replace("$__rate_interval", "5m")
        assert problems(expression) == []
        asked = expression.count("event_sync_")
        assert expression.count('job=~"$job",room=~"$room"') == asked
        assert target["legendFormat"]


@pytest.mark.parametrize("name", ["job", "room"])
def test_variable(name: str) -> None:
    """It is chosen from what the workers say of themselves; several, or all."""
    asked = ASKED_BY_VARIABLE.fullmatch(VARIABLES[name]["query"]["query"])
    assert asked
    expression, label = asked.groups()
    assert (problems(expression), label) == ([], name)
    assert (VARIABLES[name]["multi"], VARIABLES[name]["includeAll"]) == (True, True)


def test_every_metric_is_shown() -> None:
    """None is kept for nobody to see."""
    found = {name for text in EXPRESSIONS for name in re.findall(r"event_sync_\w+", text)}
    shown = {re.sub("_(bucket|sum|count)$", "", name) for name in found}
    ours = {re.sub("_(bucket|sum|count)$", "", name) for name in series() if "event_sync" in name}
    assert shown == ours


def test_identifiers() -> None:
    """Panels, and the queries of a panel, are told apart."""
    ids = Counter(panel["id"] for panel in DASHBOARD["panels"])
    assert set(ids.values()) == {1}
    for panel in PANELS:
        names = [target["refId"] for target in panel["targets"]]
        assert len(names) == len(set(names))


def test_places() -> None:
    """No panel lies on another or beyond the edge."""
    taken = Counter(cell for panel in DASHBOARD["panels"] for cell in cells(panel["gridPos"]))
    assert [cell for cell, count in taken.items() if count > 1] == []
    assert all(0 <= x < WIDTH for x, _ in taken)


def test_data_source() -> None:
    """Whoever imports it chooses the Prometheus: no panel names one of its own."""
    sources = list(found("datasource", DASHBOARD))
    assert {source["uid"] for source in sources} == {"${datasource}"}
    assert VARIABLES["datasource"]["query"] == "prometheus"
    assert len(sources) >= len(PANELS)


def cells(place: dict[str, int]) -> Iterator[tuple[int, int]]:
    """Yield the cells of the grid that a panel covers."""
    for x in range(place["x"], place["x"] + place["w"]):
        for y in range(place["y"], place["y"] + place["h"]):
            yield x, y


def found(name: str, value: Any) -> Iterator[Any]:
    """Yield what stands under a name, at any depth."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key == name:
                yield each
            yield from found(name, each)
    elif isinstance(value, list):
        for each in value:
            yield from found(name, each)
