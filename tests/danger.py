"""Destinations beside which the process dies by SIGKILL, where that would hurt most.

Each process picks a moment of a consumer's so many-th write, whichever consumer's is the first;
``DANGER_SEED`` decides. An attribute that is named like a consumer is its destination.
"""

from __future__ import annotations

import os
import signal
from collections import defaultdict
from collections.abc import Sequence
from itertools import count
from random import Random
from typing import Any

from django.db import transaction
from django.utils.module_loading import import_string

from shared.consumer import Destination
from shared.outcomes import WriteResult
from shared.records import PositionedRecord
from tests.settings import EVENT_SYNC

_random = Random(os.environ["DANGER_SEED"])
_last_write = _random.randint(0, 20)
_moment = _random.choice(["before it is written", "before its commit", "after its commit"])
_writes: defaultdict[str, count[int]] = defaultdict(count)


def __getattr__(consumer: str) -> Destination:
    """Return a consumer's destination with the danger beside it."""
    if consumer not in EVENT_SYNC["DESTINATIONS"]:
        raise AttributeError(consumer)
    write_safely: Destination = import_string(EVENT_SYNC["DESTINATIONS"][consumer])

    def write(records: Sequence[PositionedRecord[Any]]) -> Sequence[WriteResult]:
        is_last = next(_writes[consumer]) == _last_write
        if is_last and _moment == "before it is written":
            _die()
        results = write_safely(records)
        if is_last and _moment == "before its commit":
            _die()
        if is_last:
            transaction.on_commit(_die)
        return results

    return write


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
