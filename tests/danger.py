"""A destination beside which the process dies by SIGKILL, where that would hurt most.

Each process picks a batch and a moment of it; ``DANGER_SEED`` decides which.
"""

import os
import signal
from collections.abc import Sequence
from itertools import count
from random import Random

from django.db import transaction

from credentials_grades_sync.standalone.destination import write_user_grades as write_safely
from shared.outcomes import Outcome
from shared.records import PositionedRecord

_random = Random(os.environ["DANGER_SEED"])
_last_batch = _random.randint(0, 15)
_moment = _random.choice(["before it is written", "before its commit", "after its commit"])
_batches = count()


def write_user_grades(records: Sequence[PositionedRecord]) -> list[Outcome]:
    """Write grades, or die."""
    is_last = next(_batches) == _last_batch
    if is_last and _moment == "before it is written":
        _die()
    outcomes = write_safely(records)
    if is_last and _moment == "before its commit":
        _die()
    if is_last:
        transaction.on_commit(_die)
    return outcomes


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
