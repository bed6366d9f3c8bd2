"""The flood breaker: many dead letters mean a broken deploy, not many broken events."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from shared.batches import Ending
from shared.conf import get_settings
from shared.exceptions import DeadLetterFlood
from shared.outcomes import Outcome
from shared.setting_values import FLOOD_WINDOW


class FloodBreaker:
    """Watches a worker's endings; ignored events say nothing and don't count.

    ``history`` says of the events before the worker's first, oldest first, whether they are dead
    letters. It answers once, at the first that dies: a start doesn't clear what came before it,
    or a worker that is started again and again would bury the whole flood bit by bit.
    """

    def __init__(self, history: Callable[[], Iterable[bool]] = tuple) -> None:
        self._recent: deque[bool] = deque(maxlen=FLOOD_WINDOW)
        self._history: Callable[[], Iterable[bool]] | None = history

    def inspect(self, endings: Sequence[Ending]) -> None:
        """Raise ``DeadLetterFlood`` if these endings, after those recorded, are a flood."""
        settings = get_settings()
        if self._history and any(_verdicts(endings)):
            self._recent = deque([*self._history(), *self._recent], maxlen=FLOOD_WINDOW)
            self._history = None
        recent = deque(self._recent, maxlen=FLOOD_WINDOW)
        for is_dead in _verdicts(endings):
            recent.append(is_dead)
            run = settings.flood_run
            if is_dead and len(recent) >= run and all(islice(reversed(recent), run)):
                self._stop(f"{run} events in a row ended as dead letters")
        if len(recent) == FLOOD_WINDOW and sum(recent) > settings.flood_ratio * FLOOD_WINDOW:
            self._stop(f"{sum(recent)} of the last {FLOOD_WINDOW} events ended as dead letters")

    def record(self, endings: Sequence[Ending]) -> None:
        """Remember endings that were committed."""
        self._recent.extend(_verdicts(endings))

    @staticmethod
    def _stop(what: str) -> None:
        raise DeadLetterFlood(
            f"{what}; this batch was not committed.",
            hint="Look at the newest dead letters and the log, mend the deploy, and start again; "
            "if the events are at fault, raise EVENT_SYNC['FLOOD_RUN'] or ['FLOOD_RATIO'].",
        )


def _verdicts(endings: Sequence[Ending]) -> list[bool]:
    return [e.outcome is Outcome.DEAD for e in endings if e.outcome is not Outcome.IGNORED]
