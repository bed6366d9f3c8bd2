"""The tables of the performance page, each from the results of its part; empty without them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.benchmark.capacity import LOADS, Measured, need
from tests.benchmark.contestants import OURS
from tests.benchmark.drivers import MARIADB, POSTGRESQL, SQLITE
from tests.benchmark.figures import Spread, ratio, rounded
from tests.benchmark.targets import MEGABYTE, Parts, verdicts

TITLES = {POSTGRESQL: "PostgreSQL", MARIADB: "MariaDB", SQLITE: "SQLite"}
_COSTS = {
    "CPU of the worker, µs/event": lambda row: row["worker_us"],
    "CPU of the database, µs/event": lambda row: row["database_us"],
}


def table(names: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table in Markdown, empty without rows."""
    head = list(names)
    lines = [_line(head), _line("---" for _ in head), *map(_line, rows)]
    return "\n".join(lines) if len(lines) > 2 else ""


def targets(parts: Parts) -> str:
    """Return what was to be reached and what was."""
    rows = [
        (
            each.target.what,
            f"{'≥' if each.target.is_least else '≤'} {each.target.bound:g} {each.target.unit}",
            "" if each.value is None else f"{rounded(each.value):g} {each.target.unit}",
            each.text,
        )
        for each in verdicts(parts)
    ]
    return table(("figure", "target", "measured", ""), rows)


def rates(parts: Parts) -> str:
    """Return the rates, and how many times as fast this worker is."""
    rows = []
    for kind, title in TITLES.items():
        found = parts.get(f"rates_{kind}", {}).get("contestants", {})
        for name, row in found.items():
            other = ratio(found[OURS.name]["rates"], row["rates"])
            first = title if name == OURS.name else ""
            rows.append((first, name, *_rate(row), f"{rounded(other):g}", *_costs(row)))
    names = ("database", "consumer", "events", "events/s", "lowest to highest")
    return table((*names, "this worker is … times as fast", *_COSTS), rows)


def latency(parts: Parts) -> str:
    """Return the latencies of the contestants at one rate."""
    found = parts.get("latency", {}).get("contestants", {})
    rows = ((name, *_latency(row)) for name, row in found.items())
    return table(("consumer", *_LATENCY), rows)


def sweep(parts: Parts) -> str:
    """Return this worker's latencies at several rates."""
    found = parts.get("latency", {}).get("sweep", [])
    rows = (
        ("as fast as it goes" if row["rate"] is None else f"{row['rate']:,}", *_latency(row))
        for row in found
    )
    return table(("asked for, events/s", *_LATENCY), rows)


def memory(parts: Parts) -> str:
    """Return the samples of a drain, and the peak."""
    found = parts.get("memory")
    if not found:
        return ""
    rows = [(f"{each['events']:,}", _megabytes(each["rss"])) for each in found["samples"]]
    return table(("events drained", "resident, MB"), [*rows, ("peak", _megabytes(found["peak"]))])


def growth(parts: Parts) -> str:
    """Return the rates by rows in the table."""
    rows = (
        (f"{row['rows']:,}", *_rate(row)[1:], *_costs(row), row["statements_per_batch"])
        for row in parts.get("growth", [])
    )
    names = ("rows before", "events/s", "lowest to highest", *_COSTS)
    return table((*names, "statements per batch"), rows)


def queues(parts: Parts) -> str:
    """Return the rates by parked events and dead letters."""
    rows = ((f"{row['rows']:,}", *_rate(row)[1:], *_costs(row)) for row in parts.get("queues", []))
    return table(("parked and dead, each", "events/s", "lowest to highest", *_COSTS), rows)


def scaling(parts: Parts) -> str:
    """Return the rates by number of workers."""
    found = parts.get("scaling", {}).get("results", [])
    one = Spread.of(found[0]["rates"]).median if found else 0.0
    rows = (
        (
            row["workers"],
            *_rate(row)[1:],
            f"{rounded(Spread.of(row['rates']).median / one):g}",
            *_costs(row),
        )
        for row in found
    )
    return table(("workers", "events/s", "lowest to highest", "times one", *_COSTS), rows)


def capacity(parts: Parts) -> str:
    """Return what loads need, on paper."""
    found = parts.get("scaling")
    if not found:
        return ""
    one = found["results"][0]
    measured = Measured(
        rate=Spread.of(one["rates"]).median,
        worker_us=one["worker_us"],
        database_us=one["database_us"],
        topic_bytes=found["topic_bytes"],
    )
    rows = (
        (
            f"{each.load:,}",
            each.partitions,
            each.workers,
            f"{each.worker_cores:g}",
            f"{each.database_cores:g}",
            f"{each.megabytes:g}",
        )
        for each in (need(load, measured) for load in LOADS)
    )
    names = ("events/s", "partitions", "workers", "cores for workers", "cores for the database")
    return table((*names, "MB/s on the broker"), rows)


def profile(parts: Parts) -> str:
    """Return the shares of the steps."""
    found = parts.get("profile", {}).get("shares", {})
    return table(("step", "share, %"), ((step, f"{share:g}") for step, share in found.items()))


ALL: Mapping[str, Callable[[Parts], str]] = {
    "targets": targets,
    "rates": rates,
    "latency": latency,
    "sweep": sweep,
    "memory": memory,
    "growth": growth,
    "queues": queues,
    "scaling": scaling,
    "capacity": capacity,
    "profile": profile,
}

_LATENCY = (
    "sent, events/s",
    "settled, events/s",
    "median, ms",
    "99 of 100 within, ms",
    "longest, ms",
    "events a batch",
)


def _latency(row: dict[str, Any]) -> tuple[object, ...]:
    return (
        f"{row['sent']:,}",
        f"{row['settled']:,}",
        *(f"{row[name]:,g}" for name in ("p50", "p99", "max", "batch")),
    )


def _rate(row: dict[str, Any]) -> tuple[str, str, str]:
    spread = Spread.of(row["rates"])
    extremes = f"{spread.lowest:,.0f} to {spread.highest:,.0f}"
    return f"{row['events']:,}", f"{spread.median:,.0f}", extremes


def _costs(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(f"{cost(row):g}" for cost in _COSTS.values())


def _megabytes(size: float) -> str:
    return f"{size / MEGABYTE:.0f}"


def _line(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"
