"""The performance page of the documentation, made from its data and nothing else.

It imports nothing that needs a server: a test makes the page again.
"""

from __future__ import annotations

import json
from pathlib import Path
from string import Template
from typing import Any, TypeAlias

from tests.benchmark import sections
from tests.benchmark.capacity import BUSY

Data: TypeAlias = dict[str, Any]
"""By part: where and with what it was measured, and its ``results``."""

_TEMPLATE = Path(__file__).with_name("page.md")
_PLOT = Path("..", "images", "benchmark.svg")


def load(page: Path) -> Data:
    """Return the data that are kept beside a page; none for a page that is new."""
    file = _beside(page)
    data: Data = json.loads(file.read_text()) if file.exists() else {}
    return data


def merged(old: Data, new: Data) -> Data:
    """Return the parts of both, the new ones in place of their predecessors."""
    return dict(sorted((old | new).items()))


def write(page: Path, data: Data) -> None:
    """Write a page, its data beside it, and its plot."""
    from tests.benchmark import plot

    _beside(page).write_text(json.dumps(data, indent=1) + "\n")
    page.write_text(render(data))
    plot.draw(results_of(data), page.parent / _PLOT)


def render(data: Data) -> str:
    """Return the page."""
    found = {name: make(results_of(data)) for name, make in sections.ALL.items()}
    return Template(_TEMPLATE.read_text()).substitute(
        {name: text or "_Not measured yet._" for name, text in found.items()},
        plot=_PLOT.as_posix(),
        busy=f"{BUSY:.0%}",
        settings=_settings(data),
        provenance=_provenance(data),
        versions=_versions(data),
    )


def tables(data: Data) -> str:
    """Return what was measured, for a terminal."""
    found = ((name, make(results_of(data))) for name, make in sections.ALL.items())
    return "\n\n".join(f"{name.upper()}\n{text}" for name, text in found if text)


def results_of(data: Data) -> dict[str, Any]:
    """Return the results by part."""
    return {part: kept["results"] for part, kept in data.items()}


def _settings(data: Data) -> str:
    rows = [
        (part.removeprefix("rates_"), name, value)
        for part, results in results_of(data).items()
        if part.startswith("rates_")
        for name, value in results["settings"].items()
    ]
    return sections.table(("database", "setting", "value"), rows)


def _provenance(data: Data) -> str:
    rows = [
        (
            part,
            kept["date"],
            machine["processor"],
            machine["cores"],
            machine["memory_gib"],
            machine["load"],
        )
        for part, kept in data.items()
        for machine in (kept["machine"],)
    ]
    return sections.table(
        ("part", "date", "processor", "cores", "memory, GiB", "load before"), rows
    )


def _versions(data: Data) -> str:
    """Return the versions of all parts; where they differ, each with its parts."""
    found: dict[tuple[str, str], list[str]] = {}
    for part, kept in data.items():
        for item in kept["versions"].items():
            found.setdefault(item, []).append(part)
    rows = [
        (name, number, "all" if len(parts) == len(data) else ", ".join(parts))
        for (name, number), parts in found.items()
    ]
    return sections.table(("", "version", "parts"), rows)


def _beside(page: Path) -> Path:
    return page.with_name("benchmark.json")
