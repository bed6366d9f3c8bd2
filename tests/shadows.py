"""The shadow of a room in few words: what a batch leaves in it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from shared import shadow
from shared.batches import Arrival, Batch, BatchResult
from shared.consumer import Room
from shared.models import ShadowRecord
from shared.record_json import decode
from tests.library import NOW


def kept(room: Room, *arrivals: Arrival, **how: Any) -> BatchResult:
    """Let the shadow of a room keep a batch; ``how`` goes to ``keep``."""
    name = f"{room.name}-shadow"
    batch = Batch(room=Room(name, room.consumers), group="g", worker="w", arrivals=arrivals)
    return shadow.keep(batch, **{"now": NOW, **how})


def records() -> dict[str, dict[str, Any]]:
    """Return the values of the kept records, by their key."""
    rows = ShadowRecord.objects.order_by("sync_key")
    return {row.sync_key: asdict_of(row) for row in rows}


def asdict_of(row: ShadowRecord) -> dict[str, Any]:
    """Return a kept record's values."""
    record_type, values = decode(row.record)
    return asdict(record_type(**values))
