"""Whether consumers and producers of two versions of a schema can read each other's data."""

from __future__ import annotations

import io
from typing import Any

import fastavro
from fastavro.utils import generate_many

# Enough for every branch of every union to be taken: a nullable field is null in half of them.
_SAMPLES = 100


def incompatibilities(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return why the change from one schema to the other breaks somebody; empty if it doesn't.

    Both directions count: an old consumer reads new events while services are being deployed, and
    a new consumer reads old events when it starts at the beginning of the topic.
    """
    directions = {"an old consumer": (new, old), "a new consumer": (old, new)}
    return [
        f"{reader} can't read the other's events: {reason}"
        for reader, (written_with, read_with) in directions.items()
        if (reason := _unreadable(written_with, read_with))
    ]


def _unreadable(written_with: dict[str, Any], read_with: dict[str, Any]) -> str | None:
    """Return why data written with one schema can't be read with the other, or None if it can."""
    for sample in generate_many(written_with, _SAMPLES):
        encoded = io.BytesIO()
        fastavro.schemaless_writer(encoded, written_with, sample)
        encoded.seek(0)
        try:
            fastavro.schemaless_reader(encoded, written_with, read_with)
        except Exception as error:
            # fastavro has no one class for this: a mistyped field can fail while it is read.
            return f"{type(error).__name__}: {error}"
    return None
