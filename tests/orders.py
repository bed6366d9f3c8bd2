"""Orders of arrival: every order of some events, cut into batches in every way."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product

from shared.messages import Event


def each_way(*events: Event) -> Iterator[list[list[Event]]]:
    """Return every order of these events, and every way to cut it into batches."""
    for order in permutations(events):
        for cuts in product([False, True], repeat=len(order) - 1):
            batches = [[order[0]]]
            for event, cut in zip(order[1:], cuts, strict=True):
                batches[-1:] = [batches[-1], [event]] if cut else [[*batches[-1], event]]
            yield batches
