"""What the values of ``EVENT_SYNC`` may be."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from shared.consumer import Mode

FLOOD_WINDOW = 1000
"""Over how many of the last events the share of dead letters is taken."""


class Carrier(StrEnum):
    """What brings events to the rooms."""

    WORKER = "worker"
    """This project's worker, in batches; receivers act inside it only."""
    SIGNAL = "signal"
    """Any consumer that sends the signals (stock Kafka, Redis); each event is settled at once."""


def problem_with(name: str, value: Any, annotation: str) -> str | None:
    """Return what is wrong with the value of a setting whose type is annotated so, if anything."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if annotation == "int" and not _is_count(value):
        return "must be a whole number above 0"
    if annotation == "float" and not (is_number and value > 0):
        return "must be a number above 0"
    if annotation.startswith("Mapping") and not isinstance(value, Mapping):
        return "must be a dictionary"
    if annotation == "Mapping[str, Sequence[str]]" and not all(map(_are_texts, value.values())):
        return "must hold lists of texts"
    if annotation == "Mapping[str, Mapping[str, Any]]" and not all(
        isinstance(each, Mapping) for each in value.values()
    ):
        return "must hold dictionaries"
    if annotation == "Sequence[str]" and not (_are_texts(value) and all(value)):
        return "must be a list of texts, none of them empty"
    if annotation == "Mapping[str, int]" and not all(map(_is_count, value.values())):
        return "must hold whole numbers above 0"
    if annotation == "Mapping[str, str]" and not all(isinstance(v, str) for v in value.values()):
        return "must hold texts only"
    if name == "MODES" and not set(value.values()) <= set(Mode):
        return f"must hold {' or '.join(Mode)} only"
    if name == "GROUPS" and "" in value.values():
        return "must hold no empty name"
    if name == "FLOOD_RUN" and value > FLOOD_WINDOW:
        return f"must be {FLOOD_WINDOW} at most"
    if name == "CARRIER" and value not in list(Carrier):
        return f"must be one of {', '.join(Carrier)}"
    return None


def _are_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
