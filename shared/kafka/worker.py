"""The worker: polls, decodes, emits, settles and commits offsets, in that order.

What to do about an exception is said by its class: a ``TransientError`` is waited out while the
worker keeps its place in the group, a ``FatalError`` ends the process with nothing committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import getpid
from time import monotonic

from django.db import connections as database_connections
from django.utils import timezone

from shared import connections, dead_letters, parking, shadow
from shared.batches import Arrival, Batch, BatchResult
from shared.conf import get_settings
from shared.consumer import Mode, Room
from shared.direct import worker_name
from shared.flood import FloodBreaker
from shared.kafka.config import (
    check_configuration,
    consumer_config,
    full_topic,
    schema_registry_client,
)
from shared.kafka.coverage import Coverage
from shared.kafka.decoding import Decoder
from shared.kafka.emission import Emission
from shared.kafka.flight import Flight
from shared.kafka.garbage import seldom_collected
from shared.kafka.patience import Patience, Stopped
from shared.kafka.standby import Standby
from shared.kafka.subscription import Subscription
from shared.kafka.tracing import Tracer
from shared.kafka.vitals import Vitals
from shared.logging import Action, Log
from shared.modes import room_in
from shared.pipeline import settle
from shared.receivers import ReceiverFailure
from shared.setting_values import FLOOD_WINDOW
from shared.stopping import StopRequest
from shared.superseding import supersede

log = Log(__name__)

_POLL_TIMEOUT = 0.1
_PARKED_INTERVAL = 0.5


class Worker:
    """A worker process for a room's consumers of one mode: one member of their consumer group.

    ``topics`` (without prefix) narrows it to some of theirs. Raises ``FatalError``.
    """

    def __init__(
        self,
        room: Room,
        *,
        mode: Mode = Mode.LIVE,
        group: str | None = None,
        topics: Sequence[str] | None = None,
    ) -> None:
        self.room = room_in(room, mode)
        check_configuration(self.room)
        self.group = group or get_settings().group_of(room.name, mode)
        self._is_live = mode is Mode.LIVE
        self.vitals = Vitals(
            worker=worker_name(getpid()),
            room=self.room.name,
            group=self.group,
            mode=mode,
            consumers=[consumer.name for consumer in self.room.consumers],
        )
        self._config = consumer_config(self.group)
        consumers = {
            full_topic(topic): [c.name for c in self.room.consumers if c.topic == topic]
            for topic in topics or self.room.topics
        }
        self.topics = list(consumers)
        self._coverage = Coverage(consumers, room=room.name, group=self.group)
        self._registry = schema_registry_client()
        self._decoder = Decoder(self._registry, for_receivers=self._is_live)
        self._tracer = Tracer()
        self._stop = StopRequest()
        self._flight = Flight()
        self._next_look_at_parked = 0.0

    @property
    def longest_turn(self) -> float:
        """The seconds after which a worker that hasn't polled loses its place in the group."""
        return int(self._config.get("max.poll.interval.ms", 300_000)) / 1000

    def run(self) -> None:
        """Work until ``stop`` is called or SIGTERM or SIGINT arrives; then leave the group.

        Once only: the clients are closed afterwards.
        """
        names = {"room": self.room.name, "group": self.group}
        with self._stop.on_signals(), self._registry, seldom_collected():
            log.info(Action.WORKER_STARTED, **names, topics=self.topics)
            if self._is_live:
                supersede(self.room)
            try:
                while not self._stop.is_made:
                    self._work_with_one_client()
            finally:
                database_connections.close_all()
            log.info(Action.WORKER_STOPPED, **names)

    def stop(self) -> None:
        """Finish the batch under way, then end ``run``."""
        self._stop.make()

    def _work_with_one_client(self) -> None:
        """Work until we stop, or until only another client may find the group.

        What this one has taken and not committed comes again.
        """
        self._subscription = Subscription(
            self._config,
            self._coverage,
            on_gone=lambda gone: self._flight.drop(gone),
            is_stopping=lambda: self._stop.is_made,
            vitals=self.vitals,
        )
        self._patience = Patience(self.vitals, self._subscription, self._stop)
        self._emission = Emission(
            self.room, self._tracer, stop=self._stop, seconds=self.longest_turn / 4
        )
        self._standby = Standby(self.vitals, self._subscription, self._patience, self._stop)
        # What comes again must not count twice: its history ends where this client begins.
        self._breaker = FloodBreaker(self._deaths_before)
        try:
            while not (self._stop.is_made or self._subscription.has_lost_contact):
                self._work()
        except Stopped:
            pass
        finally:
            self._subscription.close()
        if not self._stop.is_made:
            self.vitals.tell_renewed()
            log.warning(Action.CLIENT_RENEWED, room=self.room.name, reason="no coordinator found")

    def _work(self) -> None:
        self._standby.wait()
        if self._is_live:
            self._retry_parked()
        taken = self._subscription.take(get_settings().batch_size, _POLL_TIMEOUT)
        if not taken:
            return
        since = monotonic()
        self._flight = Flight(taken)
        self._patience.take("decode", self._decode)
        if self._is_live:
            self._subscription.give_back(self._emission.send(self._flight))
            self._patience.take(
                "call receivers", lambda attempt: self._emission.call_again(self._flight, attempt)
            )
        result = self._patience.take("settle", self._settle)
        self._subscription.commit(self._flight.messages)
        self.vitals.tell_committed(self._flight, result, seconds=monotonic() - since)
        self._log_committed(result)
        if result.woken:
            self._next_look_at_parked = 0.0

    def _decode(self, _: int) -> None:
        """Decode the whole batch before anything is emitted."""
        self._flight.arrivals = self._decoder.arrivals(self._flight.messages, self.room)

    def _settle(self, attempt: int) -> BatchResult:
        connections.refresh(is_retry=attempt > 0)
        batch = self._batch(self._flight.arrivals_for(self.room), self._flight.failures)
        if not self._is_live:
            return shadow.keep(batch, now=timezone.now())
        with self._tracer.batch(self.room.name, len(batch.arrivals)):
            result = settle(
                batch,
                now=timezone.now(),
                isolate=attempt >= get_settings().isolate_after_attempts,
                inspect=self._breaker.inspect,
            )
        self._breaker.record(result.endings)
        return result

    def _deaths_before(self) -> Iterable[bool]:
        starts = self._subscription.starts
        return dead_letters.deaths_before(starts, room=self.room, limit=FLOOD_WINDOW)

    def _retry_parked(self) -> None:
        """Settle the parked events that are due; looks for them every half second.

        Where there may be more, it looks again after the messages that are there have had a turn.
        """
        if monotonic() < self._next_look_at_parked:
            return
        self._flight = Flight()
        result = self._patience.take("settle parked", self._settle_parked)
        if result:
            self.vitals.tell_settled(result)
            log.info(Action.PARKED_RETRIED, room=self.room.name, **result.totals)
        is_full = result and len(result.endings) >= get_settings().batch_size
        if not (result and (result.woken or is_full)):
            self._next_look_at_parked = monotonic() + _PARKED_INTERVAL

    def _settle_parked(self, attempt: int) -> BatchResult | None:
        now, limit = timezone.now(), get_settings().batch_size
        connections.refresh(is_retry=attempt > 0)
        try:
            parked = parking.due(self.room.name, self.topics, limit=limit, now=now)
        except Exception as error:
            raise connections.meaning_of(error) from error
        if not parked:
            return None
        arrivals = parking.arrivals_of(parked, self._decoder.decode)
        isolate = attempt >= get_settings().isolate_after_attempts
        return settle(self._batch(arrivals), now=now, isolate=isolate)

    def _batch(
        self, arrivals: Sequence[Arrival], failures: Sequence[ReceiverFailure] = ()
    ) -> Batch:
        return Batch(
            room=self.room,
            group=self.group,
            worker=self.vitals.worker,
            arrivals=tuple(arrivals),
            failures=tuple(failures),
        )

    def _log_committed(self, result: BatchResult) -> None:
        log.info(
            Action.BATCH_COMMITTED,
            room=self.room.name,
            size=len(self._flight.messages),
            offsets=self._flight.spans(),
            committed_at=timezone.now().timestamp(),
            **result.totals,
        )
