"""Where a group's offsets are to go, as a person says it: an edge, a time, or offsets by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeAlias

from shared.exceptions import FatalError
from shared.kafka.offsets import Partition
from shared.times import parse_time


class Edge(StrEnum):
    """An end of what a partition holds."""

    EARLIEST = "earliest"
    LATEST = "latest"


Target: TypeAlias = Edge | datetime | Mapping[Partition, int]
"""An edge or a time for all partitions, or an offset for each partition that is to be moved."""

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_OFFSET = re.compile(r"(?P<topic>[\w.-]+)\[(?P<partition>\d+)\]:(?P<offset>\d+)", re.ASCII)


def parse_target(text: str, topics: Mapping[str, str]) -> Target:
    """Return the target that a text names; ``topics`` has the full names of those it may name.

    Raises ``FatalError``.
    """
    if text in list(Edge):
        return Edge(text)
    if "[" in text:
        return _parse_offsets(text, topics)
    try:
        time = parse_time(text)
    except ValueError as error:
        raise FatalError(
            f"{text!r} is no place to go to.",
            hint="Say earliest, latest, a time as in 2026-01-31T12:00:00Z, or offsets as in "
            "topic[0]:1200,topic[1]:1180.",
        ) from error
    if time < _FIRST:
        # Kafka counts from there, and takes what is below 0 for names: -1 is the end.
        raise FatalError(
            f"{text!r} is before 1970, when Kafka's time begins.", hint="Say earliest for all."
        )
    return time


def _parse_offsets(text: str, topics: Mapping[str, str]) -> Mapping[Partition, int]:
    offsets: dict[Partition, int] = {}
    for part in text.split(","):
        if not (match := _OFFSET.fullmatch(part.strip())):
            raise FatalError(
                f"{part.strip()!r} is no offset of a partition.",
                hint="Write topic[partition]:offset, several with commas between them.",
            )
        if match["topic"] not in topics:
            raise FatalError(
                f"{match['topic']!r} is none of the topics.", hint=f"They are: {', '.join(topics)}."
            )
        partition = (topics[match["topic"]], int(match["partition"]))
        if partition in offsets:
            raise FatalError(
                f"{partition[0]}[{partition[1]}] is named twice.", hint="Name it once."
            )
        offsets[partition] = int(match["offset"])
    return offsets
