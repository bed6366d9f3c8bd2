"""Emission: every event of a flight is sent to its receivers, once."""

from __future__ import annotations

from time import monotonic

from shared import connections
from shared.conf import get_settings
from shared.consumer import Room
from shared.exceptions import TransientError
from shared.kafka.flight import Flight
from shared.kafka.tracing import Tracer
from shared.messages import Event, Message
from shared.receivers import Collection, ReceiverFailure, collecting, emit
from shared.stopping import StopRequest


class Emission:
    """Sends events to the receivers of the service, the room's own with them."""

    def __init__(self, room: Room, tracer: Tracer, *, stop: StopRequest, seconds: float) -> None:
        self._room = room
        self._tracer = tracer
        self._stop = stop
        self._seconds = seconds

    def send(self, flight: Flight) -> list[Message]:
        """Emit every event once, as far as the time allows; return the messages that are left.

        After ``seconds`` it waits for its own turn, and the group hears from us.
        """
        until = monotonic() + self._seconds
        failures: list[ReceiverFailure] = []
        left: list[Message] = []
        connections.refresh()
        with collecting(self._room) as collection:
            for index, arrival in enumerate(flight.arrivals, start=1):
                if isinstance(arrival, Event) and (failed := self._send(arrival, collection)):
                    failures += failed
                    # What failed may have been the connection; the next event gets a new one.
                    connections.refresh()
                if monotonic() > until or self._stop.is_made:
                    left = flight.cut(index)
                    break
        flight.failures = failures
        return left

    def call_again(self, flight: Flight, attempt: int) -> None:
        """Call the host's receivers that failed transiently, a few times, each by itself.

        While the database is away that is put off, and counts for nothing. Raises
        ``TransientError`` while there is more to hope for.
        """
        if attempt:
            connections.require()
            flight.recall()
        waiting = [failure for failure in flight.failures if failure.is_transient]
        if waiting and flight.recalls + 1 < get_settings().receiver_attempts:
            raise TransientError(f"The host's receiver {waiting[0].receiver_name} failed.")

    def _send(self, event: Event, collection: Collection) -> list[ReceiverFailure]:
        with self._tracer.event(event):
            return emit(event, collection)
