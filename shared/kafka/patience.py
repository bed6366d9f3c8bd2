"""Patience: a step that fails transiently is taken again, while the worker keeps its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from edx_django_utils.monitoring import record_exception

from shared.conf import get_settings
from shared.exceptions import TransientError
from shared.kafka.subscription import Subscription
from shared.kafka.vitals import Vitals
from shared.logging import Action, Log
from shared.states import State
from shared.stopping import StopRequest

log = Log(__name__)

T = TypeVar("T")


class Stopped(Exception):
    """The worker was told to stop while it waited."""


class Patience:
    """Takes steps until they succeed; between tries it stays in the group and takes no message."""

    def __init__(self, vitals: Vitals, subscription: Subscription, stop: StopRequest) -> None:
        self._vitals = vitals
        self._subscription = subscription
        self._stop = stop

    def take(self, name: str, step: Callable[[int], T]) -> T:
        """Return what a step returns, which is told how often it has failed.

        Raises ``Stopped``, and what the step raises beside ``TransientError``.
        """
        attempt = 0
        while True:
            try:
                result = step(attempt)
                break
            except TransientError as error:
                attempt += 1
                self._vitals.tell_retry(name)
                record_exception()
                self._wait(attempt, error)
        if attempt:
            log.info(Action.BATCH_RESUMED, room=self._vitals.room, attempts=attempt + 1)
            self._subscription.resume()
        return result

    def _wait(self, attempt: int, error: TransientError) -> None:
        pause = get_settings().pause_after(attempt)
        log.warning(
            Action.BATCH_WAITING,
            room=self._vitals.room,
            attempt=attempt,
            pause=f"{pause:.1f}s",
            error=error,
        )
        with self._vitals.in_state(State.WAITING, str(error)):
            self._subscription.wait(pause)
        if self._stop.is_made:
            raise Stopped
