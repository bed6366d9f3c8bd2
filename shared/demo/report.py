"""What a person, or a program, gets to see at the end of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from rich.console import Console
from rich.table import Table as RichTable

from shared.demo.part import Performance
from shared.demo.stream import Stream
from shared.outcomes import Outcome

_MEANINGS = {
    Outcome.APPLIED: "the row now says what the event says",
    Outcome.UNCHANGED: "the row said so already",
    Outcome.STALE: "the row has followed a newer event",
    Outcome.FILTERED: "the room doesn't want it",
    Outcome.IGNORED: "the room consumes no such event type",
    Outcome.PARKED: "waits for something it refers to",
    Outcome.DEAD: "kept as a dead letter, for a person",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """How a run ended. ``latencies``: milliseconds from the broker's timestamp to the commit."""

    produced: int
    outcomes: Counter[Outcome]
    latencies: Sequence[float]
    rows: int
    problems: Sequence[str]

    @property
    def lost(self) -> int:
        """How many events have no outcome; below 0 if some have two."""
        return self.produced - sum(self.outcomes[outcome] for outcome in Outcome)

    def as_json(self) -> dict[str, float | int | None]:
        """Return what ``--json`` prints."""
        return {
            "produced": self.produced,
            **{outcome.value: self.outcomes[outcome] for outcome in Outcome},
            "lost": self.lost,
            "p50_ms": percentile(self.latencies, 50),
            "p99_ms": percentile(self.latencies, 99),
        }


def percentile(values: Sequence[float], percent: int) -> float | None:
    """Return the least value that so many per cent don't exceed, to a tenth; None of nothing."""
    if not values:
        return None
    return round(sorted(values)[ceil(len(values) * percent / 100) - 1], 1)


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


def show_result(console: Console, result: Result) -> None:
    """Print the table of outcomes and the latency."""
    table = RichTable("outcome", title="How they ended", title_justify="left")
    table.add_column("events", justify="right")
    table.add_column("share", justify="right")
    table.add_column("meaning")
    for outcome in Outcome:
        count = result.outcomes[outcome]
        table.add_row(outcome.value, f"{count:,}", _share(count, result), _MEANINGS[outcome])
    table.add_section()
    lost = "an event without an outcome" if result.lost else "every event has an outcome"
    table.add_row("lost", f"{result.lost:,}", _share(result.lost, result), lost)
    table.add_row("produced", f"{result.produced:,}", "", "published to the broker")
    console.print(table)
    if not result.problems:
        console.print(f"{result.rows:,} rows compared with the room's model, all equal.")
    console.print(
        f"From the broker to the database's commit: p50 {percentile(result.latencies, 50)} ms, "
        f"p99 {percentile(result.latencies, 99)} ms."
    )


def show_addresses(console: Console, addresses: Mapping[str, str]) -> None:
    """Print how another terminal gets to the bus."""
    console.print("\nThe broker, the registry and the worker stay up until Ctrl-C. To connect:")
    for name, value in addresses.items():
        # Without wrapping or colours: these lines are to be copied.
        console.out(f"export {name}={value}", highlight=False)
    console.print("Give other consumers a group of their own: this broker bears one kind a group.")


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


def _share(count: int, result: Result) -> str:
    return f"{100 * count / result.produced:.1f} %"
