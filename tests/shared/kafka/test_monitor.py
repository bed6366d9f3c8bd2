"""How a worker's monitor asks for the lag."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from weakref import ref

import pytest

from shared.consumer import Mode
from shared.exceptions import FatalError
from shared.kafka import monitor as monitor_module
from shared.kafka.monitor import Monitor
from shared.kafka.rewinding import Group
from shared.kafka.vitals import Vitals
from shared.models import WorkerMinute
from shared.states import State
from tests.grades import TOPIC


class Lost:
    """A group asked for by a client that, like librdkafka's, may not find its cluster again."""

    made = 0

    def __init__(self, name: str) -> None:
        Lost.made += 1
        self._is_lost = Lost.made == 1

    def lag(self, topics: Sequence[str]) -> dict[tuple[str, int], int]:
        """Return the lag, unless this is the first client."""
        if self._is_lost:
            raise FatalError("The broker doesn't answer.")
        return {(TOPIC, 0): 3}


def test_lag_after_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for with a new client, which is kept while it gets answers."""
    monkeypatch.setattr(monitor_module, "Group", Lost)
    vitals = Vitals(worker="worker", room="room", group="tests", mode=Mode.LIVE)
    monitor = Monitor(vitals, [TOPIC])
    answers = [monitor._lag() for _ in range(3)]
    assert answers == [None, {(TOPIC, 0): 3}, {(TOPIC, 0): 3}]
    assert Lost.made == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "reason"), [(State.RUNNING, "The broker doesn't answer."), (State.STOPPED, "")]
)
def test_why_the_lag_is_not_known(
    monkeypatch: pytest.MonkeyPatch, state: State, reason: str
) -> None:
    """It is kept with the sign of life, and gone as soon as the lag is there."""
    monkeypatch.setattr(monitor_module, "Group", Lost)
    monkeypatch.setattr(Lost, "made", 0)
    vitals = Vitals(worker="worker", room="room", group="tests", mode=Mode.LIVE)
    monitor = Monitor(vitals, [TOPIC])
    vitals.tell_lag(monitor._lag())
    vitals.tell_ended(state)
    monitor._keep()
    assert (vitals.lag, WorkerMinute.objects.get().reason) == (None, reason)
    vitals.tell_lag(monitor._lag())
    monitor._keep()
    assert WorkerMinute.objects.latest("pk").reason == ""


def test_client_that_is_dropped(event_sync: Callable[..., None]) -> None:
    """It goes at once, with its threads: a long outage has many, and leaves little to collect."""
    gc.disable()
    try:
        group = Group("tests")
        with pytest.raises(FatalError):
            group.lag(["no-such-topic"])
        gone = ref(group)
        del group
        assert gone() is None
    finally:
        gc.enable()
