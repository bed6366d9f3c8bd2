"""Plots hold what they should, on axes that fit, and nothing that a page shouldn't have."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from math import inf
from xml.etree import ElementTree

import pytest

from shared.dashboard import scales
from shared.dashboard.plots import lag_plot, latency_plot, outcome_plot, rate_plot
from shared.dashboard.scales import duration, linear, of_latency, whole
from shared.dashboard.series import Span, Step

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
STARTS = Span.HOUR.starts(NOW)
EMPTY = [Step(start=start) for start in STARTS]
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    """Return what is written on a plot."""
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def steps(**lines: list[float | None]) -> list[Step]:
    """Return an hour that ends with these values."""
    count = max(map(len, lines.values()))
    columns = zip(*lines.values(), strict=True)
    ends = [
        Step(start=start, **dict(zip(lines, values, strict=True)))
        for start, values in zip(STARTS[-count:], columns, strict=True)
    ]
    return EMPTY[:-count] + ends


def test_what_is_not_known_is_not_drawn() -> None:
    """Instead of a line at zero."""
    assert not lag_plot(EMPTY, "lag")
    assert not latency_plot(EMPTY, "latency")
    assert not outcome_plot(EMPTY, [{"applied": 0} for _ in EMPTY], "outcomes")


def test_line_with_its_axes() -> None:
    """Round numbers at its side, quarters of an hour below, and its label for who can't see it."""
    svg = rate_plot(steps(rate=[0, 3, 8]), 'the "rate" <of> a room')
    assert texts(svg) == ["0", "2", "4", "6", "8", "11:00", "11:15", "11:30", "11:45"]
    assert ElementTree.fromstring(svg).get("aria-label") == 'the "rate" <of> a room'


def test_value_alone_is_a_dot() -> None:
    """A line has no length there."""
    assert "<circle" in lag_plot(steps(lag=[None, 5, None]), "lag")
    assert "<circle" not in lag_plot(steps(lag=[4, 5, None]), "lag")


def test_both_latencies() -> None:
    """Each with its class; what is later than all buckets is at the top."""
    svg = latency_plot(steps(p50=[0.2, 0.3], p99=[2.0, inf]), "latency")
    assert 'class="series p50"' in svg
    assert 'class="series p99"' in svg
    assert texts(svg)[:2] == ["0.1 s", "1 s"]
    assert "2 h" in texts(svg)


def test_outcomes_that_there_were() -> None:
    """In their colours."""
    outcomes = [{"applied": 5, "parked": 2, "dead": 0} for _ in EMPTY]
    svg = outcome_plot(EMPTY, outcomes, "outcomes")
    assert svg.count("<rect") >= 2 * len(EMPTY)
    assert 'class="series parked"' in svg
    assert 'class="series dead"' not in svg


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0, 0, ["0", "0.5"]),
        (0, 1, ["0", "0.5", "1"]),
        (0, 0.03, ["0", "0.01", "0.02", "0.03"]),
        (3, 97, ["0", "50", "100"]),
        (0, 12_345_678, ["0", "5M", "10M", "15M"]),
        (0, 1500, ["0", "500", "1k", "1.5k"]),
        (-3, 1000, ["0", "500", "1k"]),
        (-40, 40, ["-40", "-20", "0", "20", "40"]),
        (-7, 0, ["-6", "-4", "-2", "0", "2"]),
    ],
)
def test_round_numbers(low, high, labels):
    """Few, and with room for the highest and the lowest value."""
    axis = linear(low, high)
    assert [*axis.texts.values()] == labels
    assert axis.low <= min(low, 0)
    assert axis.high >= high


@pytest.mark.parametrize("high", [0, 1, 3])
def test_whole_numbers(high):
    """There is no half of a message."""
    assert [*whole(0, high).texts.values()] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.02, 0.02, ["10 ms", "0.1 s"]),
        (0.1, 0.1, ["10 ms", "0.1 s"]),
        (0.05, 12, ["10 ms", "0.1 s", "1 s", "10 s", "1 min"]),
        (0.00001, 0.0001, ["1 ms", "10 ms"]),
        (7200, 7200, ["10 min", "2 h"]),
        (9000, inf, ["10 min", "2 h"]),
    ],
)
def test_latencies_on_their_axis(low, high, labels):
    """From the mark below the earliest to the one above the latest."""
    axis = of_latency(low, high)
    assert [*axis.texts.values()] == labels
    assert axis.low < axis.high
    assert axis.low <= scales.place(low) <= scales.place(high) <= axis.high


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "not known"),
        (0.0123, "12.3 ms"),
        (2, "2 s"),
        (99.6, "99.6 s"),
        (3600, "60 min"),
        (inf, "over 2 h"),
    ],
)
def test_durations(seconds, text):
    """In the unit that reads best."""
    assert duration(seconds).replace("\N{NO-BREAK SPACE}", " ") == text


def test_imports_of_others_are_left_alone() -> None:
    """The library that draws leaves no finder of modules behind."""
    assert [finder for finder in sys.meta_path if type(finder).__module__ == "pygal"] == []


def test_day_has_quarter_hours() -> None:
    """And marks each six hours."""
    starts = Span.DAY.starts(NOW + timedelta(minutes=3))
    svg = lag_plot([Step(start=start, lag=1) for start in starts], "lag")
    assert texts(svg)[-4:] == ["12:00", "18:00", "00:00", "06:00"]
