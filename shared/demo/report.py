"""What a person gets to see of a run: the plan before it, the table after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table as RichTable

from shared.demo.part import Performance
from shared.demo.results import Results
from shared.demo.stream import Stream
from shared.outcomes import Outcome

_MEANINGS = {
    Outcome.APPLIED.value: "written",
    Outcome.UNCHANGED.value: "said so before",
    Outcome.STALE.value: "row is newer",
    Outcome.FILTERED.value: "not wanted",
    Outcome.IGNORED.value: "type not ours",
    Outcome.PARKED.value: "needs a parent",
    Outcome.DEAD.value: "for a person",
    "lost": "in no way",
    "produced": "published",
    "p50_ms": "event to row",
    "p99_ms": "",
}
"""What the numbers of ``Result.as_json`` mean."""


def show_plan(console: Console, performances: Sequence[Performance]) -> None:
    """Print each room's stream: its kinds, their stated shares, their numbers."""
    for performance in performances:
        console.print(_plan(performance))


def plan_as_json(performances: Sequence[Performance]) -> dict[str, object]:
    """Return what ``--dry-run --json`` prints."""
    return {
        performance.room.name: {
            "events": len(performance.stream),
            "kinds": _count(performance.stream),
            "rows": len(performance.expected_if_in_order()),
        }
        for performance in performances
    }


def show_results(console: Console, results: Results) -> None:
    """Print the numbers of each room and of all, and that the tables are as they should be."""
    total = results.total
    table = RichTable("", title="How the events ended", title_justify="left")
    for name in (*map(_broken, results.rooms), "total"):
        table.add_column(name, justify="right")
    table.add_column("meaning")
    columns = [result.as_json() for result in (*results.rooms.values(), total)]
    for name, meaning in _MEANINGS.items():
        cells = (_cell(column[name]) for column in columns)
        table.add_row(name, *cells, meaning, end_section=name in (Outcome.DEAD, "produced"))
    console.print(table)
    if total.adopted:
        console.print(f"{total.adopted:,} events were parked until their parents came.")
    if not total.problems:
        console.print(f"{total.rows:,} rows compared with the rooms' models, all equal.")


def show_addresses(console: Console, addresses: Mapping[str, str]) -> None:
    """Print how another terminal gets to the bus."""
    console.print("\nThe broker, the registry and the workers stay up until Ctrl-C. To connect:")
    for name, value in addresses.items():
        # Without wrapping or colours: these lines are to be copied.
        console.out(f"export {name}={value}", highlight=False)
    console.print("Give other consumers a group of their own: this broker bears one kind a group.")


def _broken(name: str) -> str:
    """Break a room's name, so that a terminal of 80 columns has room for three."""
    return name.replace("_", "_\n")


def _cell(number: float | None) -> str:
    return "-" if number is None else f"{number:,}"


def _plan(performance: Performance) -> RichTable:
    counts = _count(performance.stream)
    rows = len(performance.expected_if_in_order())
    run = performance.run
    table = RichTable(
        "kind",
        title=f"The stream of {performance.room.name}, seed {run.seed}",
        title_justify="left",
        caption=f"{len(performance.stream):,} events about {rows:,} rows",
        caption_justify="left",
    )
    table.add_column("share", justify="right")
    table.add_column("events", justify="right")
    table.add_column("ends as")
    for kind in performance.part.KINDS:
        ends_as = kind.ends_as.value if kind.ends_as else "applied/unchanged/stale"
        table.add_row(kind.name, f"{kind.share / 10:.1f} %", f"{counts[kind.name]:,}", ends_as)
    return table


def _count(stream: Stream) -> Counter[str]:
    return Counter(planned.kind.name for planned in stream)
