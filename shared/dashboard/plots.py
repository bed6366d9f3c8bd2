"""Plots as SVG within the page: no script, no style and no address in them, so any CSP is kept.

Their colours are the stylesheet's, by class: they follow the admin's light and dark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree  # nosec B405 # it writes what pygal made, and parses nothing

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from shared.dashboard import scales
from shared.dashboard.charts import Line, StackedBar, Style
from shared.dashboard.scales import Axis
from shared.dashboard.series import Outcomes, Step
from shared.models import OutcomeCount

_FONT_SIZE = 12
_LABELS = 4
_LOOK: dict[str, Any] = {
    # About as wide as a telephone: letters stay as large as they are meant.
    "width": 360,
    "height": 180,
    "margin": 6,
    "margin_right": 14,
    "margin_bottom": 0,
    "spacing": 4,
    "show_legend": False,
    "show_minor_x_labels": False,
    "truncate_label": -1,
    "js": (),
    "no_prefix": True,
    "style": Style(label_font_size=_FONT_SIZE, major_label_font_size=_FONT_SIZE),
}
_FOR_SCRIPTS = ("defs", "desc", "title")
_OVERLAYS = re.compile("(text|tooltip)-overlay|titles")
_DECIMALS = re.compile(r"(\.\d)\d+")


def lag_plot(steps: Sequence[Step], label: str) -> SafeString:
    """Return the plot of a room's lag; empty if nothing is known of it."""
    return _line_plot(steps, {"lag": [step.lag for step in steps]}, label, scales.whole)


def rate_plot(steps: Sequence[Step], label: str) -> SafeString:
    """Return the plot of a room's messages per second."""
    return _line_plot(steps, {"rate": [step.rate for step in steps]}, label)


def latency_plot(steps: Sequence[Step], label: str) -> SafeString:
    """Return the plot of a room's latencies, on an axis of powers."""
    lines = {
        name: [None if late is None else scales.place(late) for late in lates]
        for name, lates in (
            ("p50", [step.p50 for step in steps]),
            ("p99", [step.p99 for step in steps]),
        )
    }
    return _line_plot(steps, lines, label, lambda low, high: scales.of_latency(10**low, 10**high))


def outcome_plot(steps: Sequence[Step], outcomes: Outcomes, label: str) -> SafeString:
    """Return the bars of how a consumer's events ended."""
    if not any(any(counts.values()) for counts in outcomes):
        return SafeString("")
    highest = max(sum(counts.values()) for counts in outcomes)
    names = [n for n in OutcomeCount.OUTCOMES if any(counts.get(n) for counts in outcomes)]
    chart = StackedBar(**_LOOK, **_axes(steps, scales.whole(0, highest)))
    for name in names:
        chart.add(name, [counts.get(name, 0) for counts in outcomes])
    return _svg(chart, names, label)


def _line_plot(
    steps: Sequence[Step],
    lines: Mapping[str, Sequence[float | None]],
    label: str,
    axis_of: Callable[[float, float], Axis] = scales.linear,
) -> SafeString:
    known = [value for line in lines.values() for value in line if value is not None]
    if not known:
        return SafeString("")
    axis = axis_of(min(known), max(known))
    chart = Line(
        **_LOOK,
        **_axes(steps, axis),
        allow_interruptions=True,
        dots_size=1,
        show_dots=any(map(_has_lone, lines.values())),
    )
    for name, line in lines.items():
        chart.add(name, line)
    return _svg(chart, tuple(lines), label)


def _has_lone(line: Sequence[float | None]) -> bool:
    """Return whether there is a value with none beside it, of which a line shows nothing."""
    around = zip([None, *line], line, [*line[1:], None], strict=False)
    return any(
        value is not None and before is None and after is None for before, value, after in around
    )


def _axes(steps: Sequence[Step], axis: Axis) -> dict[str, Any]:
    starts = [step.start for step in steps]
    return {
        "x_labels": [_clock(start) for start in starts],
        "x_labels_major": [_clock(start) for start in starts if _is_round(start, starts)],
        "y_labels": [{"value": value, "label": text} for value, text in axis.texts.items()],
        "y_labels_major": [],
        "range": (axis.low, axis.high),
    }


def _is_round(start: datetime, starts: Sequence[datetime]) -> bool:
    every = (starts[-1] - starts[0] + (starts[1] - starts[0])) / _LABELS
    local = timezone.localtime(start)
    midnight = timedelta(hours=local.hour, minutes=local.minute)
    return not midnight % every


def _clock(time: datetime) -> str:
    return f"{timezone.localtime(time):%H:%M}"


def _svg(chart: Any, names: Sequence[str], label: str) -> SafeString:
    root: ElementTree.Element = chart.render_tree()
    _clean(root)
    for number, name in enumerate(names):
        for series in root.iterfind(f".//*[@class='series serie-{number} color-{number}']"):
            series.set("class", f"series {name}")
    root.attrib.pop("id", None)
    root.set("class", "event-sync-plot")
    root.set("role", "img")
    root.set("aria-label", label)
    text = _DECIMALS.sub(r"\1", ElementTree.tostring(root, encoding="unicode"))
    return mark_safe(text)  # nosec B308 B703 # made of numbers, names of ours and escaped texts


def _clean(node: ElementTree.Element) -> None:
    """Remove what only pygal's own script and style would use."""
    for child in list(node):
        if _is_needless(child):
            node.remove(child)
        else:
            _clean(child)


def _is_needless(node: ElementTree.Element) -> bool:
    is_comment = not isinstance(node.tag, str)
    is_flat = node.tag == "rect" and not float(node.get("height", 0))
    is_overlay = bool(_OVERLAYS.search(node.get("class", "")))
    return is_comment or is_flat or is_overlay or node.tag in _FOR_SCRIPTS
