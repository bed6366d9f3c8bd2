"""The docs list every metric, with its labels and its own words."""

from __future__ import annotations

import re
from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase

from shared import metrics

ROOT = Path(__file__).parents[2]
TABLE_ROW = re.compile(r"^\| `(event_sync_\w+)` \| (.+?) \| (\w+): (.+) \|$", re.MULTILINE)


def declared() -> list[tuple[str, ...]]:
    """Return name, labels, kind and words of each metric, in the order of declaration."""
    return [
        (
            f"{metric._name}_total" if metric._type == "counter" else metric._name,
            ", ".join(f"`{label}`" for label in metric._labelnames),
            str(metric._type),
            metric._documentation,
        )
        for metric in vars(metrics).values()
        if isinstance(metric, MetricWrapperBase)
    ]


def test_docs_list_every_metric() -> None:
    """And no other."""
    text = (ROOT / "docs" / "reference" / "metrics.md").read_text()
    assert declared()
    assert TABLE_ROW.findall(text) == declared()
