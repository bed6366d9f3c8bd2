"""Standing by: a worker whose room is paused takes nothing and keeps its place in the group."""

from __future__ import annotations

from time import monotonic

from shared import connections, pausing
from shared.kafka.patience import Patience, Stopped
from shared.kafka.subscription import Subscription
from shared.kafka.vitals import Vitals
from shared.logging import Action, Log
from shared.states import State
from shared.stopping import StopRequest

log = Log(__name__)

_INTERVAL = 2.0


class Standby:
    """Looks at a room's switch every two seconds, and stands by while it is on."""

    def __init__(
        self, vitals: Vitals, subscription: Subscription, patience: Patience, stop: StopRequest
    ) -> None:
        self._vitals = vitals
        self._subscription = subscription
        self._patience = patience
        self._stop = stop
        self._next_look = 0.0

    def wait(self) -> None:
        """Return when the room isn't paused: at once, or when an operator has turned the switch.

        Raises ``Stopped``, and ``FatalError`` where the switch can't be read.
        """
        if monotonic() < self._next_look or not self._is_paused():
            return
        log.info(Action.WORKER_PAUSED, room=self._vitals.room)
        with self._vitals.in_state(State.PAUSED):
            while not self._stop.is_made and self._is_paused():
                self._subscription.wait(_INTERVAL)
        if self._stop.is_made:
            raise Stopped  # while it is paused nothing more is taken, by a restart either
        self._subscription.resume()
        log.info(Action.WORKER_RESUMED, room=self._vitals.room)

    def _is_paused(self) -> bool:
        is_paused = self._patience.take("look at switch", self._look)
        self._next_look = monotonic() + _INTERVAL
        return is_paused

    def _look(self, attempt: int) -> bool:
        connections.refresh(is_retry=attempt > 0)
        try:
            return pausing.is_paused(self._vitals.room)
        except Exception as error:
            raise connections.meaning_of(error) from error
