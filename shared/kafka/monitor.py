"""The monitor: a thread beside the worker that asks for the lag and keeps a sign of life.

It has a database connection and a Kafka client of its own, so it tells of a worker that is stuck,
too. What it can't do now it leaves for the next time: the worker doesn't depend on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from threading import Event, Thread
from typing import Any

from django.db import connections as database_connections
from django.utils import timezone

from shared import depths
from shared.conf import get_settings
from shared.exceptions import FatalError
from shared.kafka.rewinding import Group
from shared.kafka.vitals import Minute, Vitals
from shared.logging import Action, Log
from shared.models import WorkerMinute
from shared.reactions import describe
from shared.states import ENDED
from shared.times import minute_of

log = Log(__name__)

_DEPTHS_EVERY = 6  # to count a million rows takes a while
_LAST_WORD = 1.0  # a worker that is told to end does so within seconds, whatever the database does


class Monitor:
    """Watches the worker of these vitals while it runs; ``topics`` are full names."""

    def __init__(self, vitals: Vitals, topics: Sequence[str]) -> None:
        self._vitals = vitals
        self._topics = topics
        self._group: Group | None = None
        self._looks = 0
        self._is_failing = False
        self._silence = ""
        self._end = Event()
        self._thread = Thread(target=self._run, name="monitor", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Keep the worker's last state, if that goes fast."""
        self._end.set()
        self._thread.join(_LAST_WORD)

    def _run(self) -> None:
        try:
            while not self._end.is_set():
                self._vitals.tell_lag(self._lag())
                self._keep()
                self._end.wait(get_settings().monitor_interval)
            self._keep()
        finally:
            database_connections.close_all()

    def _lag(self) -> dict[tuple[str, int], int] | None:
        try:
            self._group = self._group or Group(self._vitals.group)
            lag = self._group.lag(self._topics)
        except FatalError as error:
            # A client that met a cluster without brokers may never look for one again.
            self._group = None
            self._silence = str(error)
            return None
        self._silence = ""
        return lag

    def _keep(self) -> None:
        """Keep what was done, and look how much is parked and dead, as far as the database goes."""
        try:
            now = timezone.now()
            history = self._vitals.history()
            present = minute_of(now)
            for minute in sorted({present, *history}):
                self._keep_minute(minute, history.get(minute, Minute()), now)
            self._vitals.forget(minute for minute in history if minute != present)
            if self._looks % _DEPTHS_EVERY == 0:
                room = self._vitals.room
                self._vitals.tell_depths(depths.parked_in(room), depths.dead_in(room))
            self._looks += 1
            self._vitals.tell_kept()
            self._is_failing = False
        except Exception as error:
            if not self._is_failing:
                log.warning(Action.VITALS_NOT_KEPT, room=self._vitals.room, error=describe(error))
            self._is_failing = True
            with suppress(Exception):
                database_connections.close_all()

    def _keep_minute(self, start: datetime, minute: Minute, now: datetime) -> None:
        vitals = self._vitals
        done = {
            "batches": minute.batches,
            "messages": minute.messages,
            "latencies": minute.latencies,
        }
        said: dict[str, Any] = {
            "group": vitals.group,
            "mode": vitals.mode,
            "started_at": vitals.started_at,
            "seen_at": now,
            "progress_at": vitals.progress_at,
            "state": vitals.state,
            "reason": vitals.reason or ("" if vitals.state in ENDED else self._silence),
            "lag": vitals.lag and {f"{topic}[{n}]": lag for (topic, n), lag in vitals.lag.items()},
        }
        WorkerMinute.objects.update_or_create(
            worker=vitals.worker, room=vitals.room, minute=start, defaults=said | done
        )
