"""The plot of the performance page: rates, latencies and memory, readable on any background."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.benchmark.figures import Spread
from tests.benchmark.sections import TITLES
from tests.benchmark.targets import MEGABYTE, Parts

_COLOURS = ("#1f77b4", "#ff7f0e", "#7f7f7f", "#9467bd")


def draw(parts: Parts, file: Path) -> None:
    """Write the plot; what wasn't measured stays an empty field."""
    import matplotlib

    matplotlib.use("Agg")
    # Without these the same data make another file each time.
    matplotlib.rcParams |= {"svg.hashsalt": "benchmark", "font.size": 9}
    from matplotlib import pyplot

    # An opaque card: dark text on white is readable in a dark theme too.
    figure, (rates, latency, memory) = pyplot.subplots(
        1, 3, figsize=(12, 4), width_ratios=(2, 1.2, 1), layout="constrained", facecolor="white"
    )
    _rates(rates, parts)
    _latency(latency, parts)
    _memory(memory, parts)
    file.parent.mkdir(exist_ok=True)
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)


def _rates(axes: Any, parts: Parts) -> None:
    """Draw the rates as bars on a logarithmic scale, lowest and highest as whiskers."""
    kinds = [kind for kind in TITLES if f"rates_{kind}" in parts]
    names = list(dict.fromkeys(n for k in kinds for n in parts[f"rates_{k}"]["contestants"]))
    width = 0.8 / max(1, len(names))
    for number, (name, colour) in enumerate(zip(names, _COLOURS, strict=False)):
        spreads = [
            Spread.of(parts[f"rates_{kind}"]["contestants"][name]["rates"]) for kind in kinds
        ]
        places = [place + (number - (len(names) - 1) / 2) * width for place in range(len(kinds))]
        heights = [spread.median for spread in spreads]
        whiskers = [
            [spread.median - spread.lowest for spread in spreads],
            [spread.highest - spread.median for spread in spreads],
        ]
        bars = axes.bar(places, heights, width, yerr=whiskers, capsize=2, color=colour, label=name)
        axes.bar_label(bars, labels=[f"{height:,.0f}" for height in heights], fontsize=7, padding=2)
    axes.set_yscale("log" if kinds else "linear")
    axes.set_xticks(range(len(kinds)), [TITLES[kind] for kind in kinds])
    axes.set_title("Events per second, one worker")
    axes.margins(y=0.3)
    if names:
        axes.legend(loc="upper center", ncols=2, fontsize=7, frameon=False)


def _latency(axes: Any, parts: Parts) -> None:
    """Draw median and 99th percentile of each consumer."""
    found = parts.get("latency", {}).get("contestants", {})
    places = range(len(found))
    for offset, (name, label) in enumerate((("p50", "median"), ("p99", "99 of 100 within"))):
        heights = [row[name] for row in found.values()]
        bars = axes.bar(
            [p + offset * 0.4 - 0.2 for p in places],
            heights,
            0.4,
            color=_COLOURS[offset],
            label=label,
        )
        axes.bar_label(bars, labels=[f"{height:g}" for height in heights], fontsize=7, padding=2)
    axes.set_xticks(places, [name.replace(" ", "\n", 1) for name in found])
    axes.set_title("Milliseconds from event to row,\n200 events/s, PostgreSQL")
    axes.margins(y=0.2)
    if found:
        axes.legend(loc="upper left", fontsize=7, frameon=False)


def _memory(axes: Any, parts: Parts) -> None:
    """Draw resident memory against events drained."""
    samples = parts.get("memory", {}).get("samples", [])
    axes.plot(
        [each["events"] / 1000 for each in samples],
        [each["rss"] / MEGABYTE for each in samples],
        marker="o",
        color=_COLOURS[0],
    )
    axes.set_ylim(0, max((each["rss"] / MEGABYTE for each in samples), default=1) * 1.2)
    axes.set_xlabel("thousand events drained")
    axes.set_title("Resident memory of a worker, MB")
