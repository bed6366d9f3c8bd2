"""What a worker spares the collector of cyclic garbage: the service itself, and its batches."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_YOUNGEST = 100_000
"""How many more objects there may be than at the last collection."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let collections be few during the block, and look at nothing that is there already.

    A service has more than a hundred thousand objects that stay as long as its process; a worker
    makes so many new ones that the collector would go through all of these several times a second.
    The objects of a batch, some tens of thousands, are in no cycle and go with it: by Python's own
    measure of 700 new ones the collector would look at them again and again while they are needed.
    """
    thresholds = gc.get_threshold()
    # What is garbage now would stay, too.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNGEST, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
