"""Patience: a step that fails transiently is taken again, while the worker keeps its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from shared.conf import get_settings
from shared.exceptions import TransientError
from shared.kafka.subscription import Subscription
from shared.logging import Action, Log
from shared.stopping import StopRequest

log = Log(__name__)

T = TypeVar("T")


class Stopped(Exception):
    """The worker was told to stop while it waited."""


class Patience:
    """Takes steps until they succeed; between tries it stays in the group and takes no message."""

    def __init__(self, room_name: str, subscription: Subscription, stop: StopRequest) -> None:
        self._room_name = room_name
        self._subscription = subscription
        self._stop = stop

    def take(self, step: Callable[[int], T]) -> T:
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
                self._wait(attempt, error)
        if attempt:
            log.info(Action.BATCH_RESUMED, room=self._room_name, attempts=attempt + 1)
            self._subscription.resume()
        return result

    def _wait(self, attempt: int, error: TransientError) -> None:
        pause = get_settings().pause_after(attempt)
        log.warning(
            Action.BATCH_WAITING,
            room=self._room_name,
            attempt=attempt,
            pause=f"{pause:.1f}s",
            error=error,
        )
        self._subscription.wait(pause)
        if self._stop.is_made:
            raise Stopped
