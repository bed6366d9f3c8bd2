"""Signals: every event is sent through its own, once, in its order, whatever the batch."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.bench import Bench
from tests.credentials_grades_sync.samples import CHANGED, SUMMED_UP
from tests.shared.costs.meters import Statements
from tests.shared.test_receivers import listening


@pytest.mark.parametrize("sizes", [[1, 1, 1], [10, 1, 10], [500]], ids=str)
def test_each_event_is_sent_once(take_turns, wire, sizes):
    """To a receiver of the host, of two types in turn."""
    heard: list[Any] = []

    def listen(*, metadata: Any, **_: Any) -> None:
        heard.append(metadata.id)

    benches = [Bench(wire, CHANGED), Bench(wire, SUMMED_UP)]
    messages = [benches[n % 2].event(n + 1) for n in range(sum(sizes))]
    batches = [messages[sum(sizes[:n]) :][:size] for n, size in enumerate(sizes)]
    with listening(listen, CHANGED.signal), listening(listen, SUMMED_UP.signal):
        take_turns(CHANGED.room, batches, Statements())
    assert [str(each).encode() for each in heard] == [
        dict(message.headers)["ce_id"] for message in messages
    ]
