"""The single entry of events: a room's receivers of ``OpenEdxPublicSignal`` (ADR 0001).

A receiver acts only on events from the bus, and only inside its own room's worker, where it
*collects* the event into the batch; the batch is settled afterwards. With the "signal" carrier it
settles the event at once instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.dispatch import Signal
from edx_django_utils.cache import RequestCache
from openedx_events.data import EventsMetadata
from openedx_events.tooling import SIGNAL_PROCESSED_FROM_EVENT_BUS, OpenEdxPublicSignal

from shared.conf import get_settings
from shared.consumer import Room
from shared.exceptions import EventNotCollected
from shared.listeners import path_of
from shared.messages import Event
from shared.reactions import Reaction, reaction_to
from shared.setting_values import Carrier

_UID = "event_sync."


@dataclass(slots=True)
class Collection:
    """What a room's worker is collecting: the event being emitted, and whether it arrived."""

    room: Room
    collected: list[Event] = field(default_factory=list)
    emitting: Event | None = None


_collection: ContextVar[Collection | None] = ContextVar("event_sync_collection", default=None)


@dataclass(frozen=True, slots=True)
class ReceiverFailure:
    """A host's receiver that raised for an event."""

    event: Event
    receiver: Callable[..., Any]
    error: Exception

    @property
    def receiver_name(self) -> str:
        """Dotted path of the receiver."""
        return path_of(self.receiver)

    @property
    def is_transient(self) -> bool:
        """Whether to call the receiver again helps."""
        return reaction_to(self.error) is Reaction.RETRY

    def recall(self) -> ReceiverFailure | None:
        """Call this one receiver again for its event; return its new failure, if any."""
        return call(self.receiver, self.event)


def call(receiver: Callable[..., Any], event: Event) -> ReceiverFailure | None:
    """Call one receiver for an event, as its signal would; return its failure, if any."""
    try:
        receiver(signal=event.signal, sender=None, **_arguments(event))
    except Exception as error:
        return ReceiverFailure(event, receiver, error)
    return None


def connect(room: Room) -> None:
    """Connect a room's receiver to the signals of its routes."""
    receiver = _receiver_of(room)
    for signal in room.signals:
        signal.connect(receiver, weak=False, dispatch_uid=_uid(room))


def disconnect(room: Room) -> None:
    """Disconnect a room's receiver."""
    for signal in room.signals:
        signal.disconnect(dispatch_uid=_uid(room))


def others_listen(signal: OpenEdxPublicSignal) -> bool:
    """Return whether anyone listens to a signal beside rooms, each of which asks for itself."""
    uids = (str(key[0]) for key, *_ in signal.receivers)
    is_other = any(not uid.startswith(_UID) for uid in uids)
    return is_other and bool(signal.has_listeners(sender=None))


# A function and no object: to report a failure, Django and openedx-events need its names.
def _receiver_of(room: Room) -> Callable[..., None]:
    def receive(*, signal: OpenEdxPublicSignal, metadata: EventsMetadata, **kwargs: Any) -> None:
        """Collect the event, or settle it at once; do nothing with a service's own signals."""
        if not kwargs.get(SIGNAL_PROCESSED_FROM_EVENT_BUS):
            return
        if collection := _collection.get():
            # By name: a worker's room is narrowed to its live consumers.
            if collection.room.name == room.name and collection.emitting:
                collection.collected.append(collection.emitting)
        elif get_settings().carrier == Carrier.SIGNAL:
            from shared.direct import settle_at_once  # imports the pipeline, which imports models

            data = {name: kwargs[name] for name in signal.init_data}
            settle_at_once(room, signal, data, metadata)

    return receive


def _uid(room: Room) -> str:
    return f"{_UID}{room.name}"


@contextmanager
def collecting(room: Room) -> Iterator[Collection]:
    """Collect for this room while the block runs."""
    collection = Collection(room)
    token = _collection.set(collection)
    try:
        yield collection
    finally:
        _collection.reset(token)


def emit(event: Event, collection: Collection) -> list[ReceiverFailure]:
    """Send an event to every receiver of its signal, once, and return those that raised.

    Goes past ``OpenEdxPublicSignal.send_event`` on purpose: that stops at the first exception
    under ``DEBUG`` and does nothing for a disabled signal. Raises ``EventNotCollected`` when the
    room's own receiver didn't get the event.
    """
    RequestCache.clear_all_namespaces()
    collection.emitting = event
    responses = _send(event)
    collection.emitting = None
    if collection.room.consumes(event.signal.event_type) and (
        not collection.collected or collection.collected[-1] is not event
    ):
        raise EventNotCollected(
            f"{event.signal.event_type} was emitted and {collection.room.name} didn't get it.",
            hint="Something disconnected the room's receiver; let AppConfig.ready() connect it.",
        )
    return [
        ReceiverFailure(event, receiver, response)
        for receiver, response in responses
        if isinstance(response, Exception)
    ]


def _send(event: Event) -> list[tuple[Callable[..., Any], Any]]:
    """Send an event without Django's log of what raised: its text may hold personal data.

    That log also fails, and the sending with it, on a receiver without ``__qualname__``: a partial.
    """
    event.signal._log_robust_failure = lambda receiver, error: None
    try:
        responses: list[tuple[Callable[..., Any], Any]] = Signal.send_robust(
            event.signal, sender=None, **_arguments(event)
        )
    finally:
        del event.signal._log_robust_failure
    return responses


def _arguments(event: Event) -> dict[str, Any]:
    return {**event.data, "metadata": event.metadata, SIGNAL_PROCESSED_FROM_EVENT_BUS: True}
