"""What a PromQL expression asks for, compared with the metrics that a worker has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
from prometheus_client.metrics import MetricWrapperBase

from shared import metrics
from shared.consumer import Mode
from shared.kafka.vitals import Rebalance
from shared.outcomes import Outcome
from shared.states import State

DEPLOY = Path(__file__).parent.parent.parent / "deploy"

TARGET = frozenset({"job", "instance"})
"""What Prometheus itself adds to each series."""

_SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
_VALUES: dict[str, set[str]] = {
    "mode": {*Mode},
    "kind": {*Rebalance},
    "outcome": {*Outcome},
    "state": {*State},
}
_OTHERS = {"up": TARGET, "process_start_time_seconds": TARGET}
_CHILDREN = ("lhs", "rhs", "expr", "args", "vector_selector")


def series() -> dict[str, frozenset[str]]:
    """Return the labels of each series that can be asked for, by its name."""
    found = dict(_OTHERS)
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase):
            for suffix in _SUFFIXES[str(metric._type)]:
                more = {"le"} if suffix == "_bucket" else set()
                found[metric._name + suffix] = TARGET | {*metric._labelnames} | more
    return found


def problems(expression: str) -> list[str]:
    """Return what of an expression no worker has. Raises ``ValueError`` if it is no PromQL."""
    nodes = list(_nodes(promql_parser.parse(expression)))
    selectors = [node for node in nodes if isinstance(node, promql_parser.VectorSelector)]
    return [
        *(problem for selector in selectors for problem in _problems_of(selector)),
        *(f"by {label}" for label in sorted(_grouped_by(nodes) - _shared_by(selectors))),
    ]


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for name in _CHILDREN:
        child = getattr(node, name, None)
        for each in child if isinstance(child, list) else [child]:
            if each is not None:
                yield from _nodes(each)


def _problems_of(selector: promql_parser.VectorSelector) -> Iterator[str]:
    labels = series().get(str(selector.name))
    if labels is None:
        yield f"metric {selector.name}"
        return
    for matcher in selector.matchers.matchers:
        if matcher.name not in labels:
            yield f"label {matcher.name} of {selector.name}"
        for value in matcher.value.split("|"):
            if not re.search(r"^\$", value) and value not in _VALUES.get(matcher.name, {value}):
                yield f"{matcher.name}={value} of {selector.name}"


def _grouped_by(nodes: list[Any]) -> set[str]:
    modifiers = [getattr(node, "modifier", None) for node in nodes]
    groups = [getattr(modifier, "matching", modifier) for modifier in modifiers]
    return {label for group in groups if group is not None for label in group.labels}


def _shared_by(selectors: list[promql_parser.VectorSelector]) -> frozenset[str]:
    return frozenset.intersection(*(series().get(str(s.name), TARGET) for s in selectors))
