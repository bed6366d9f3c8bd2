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
from functools import partial
from typing import Any
from weakref import ReferenceType

from django.dispatch import Signal
from edx_django_utils.cache import RequestCache
from openedx_events.data import EventsMetadata
from openedx_events.tooling import SIGNAL_PROCESSED_FROM_EVENT_BUS, OpenEdxPublicSignal

from shared.conf import get_settings
from shared.consumer import Consumer, Room
from shared.exceptions import EventNotCollected
from shared.hosts import HostDestination
from shared.logging import Action, Log
from shared.messages import Event
from shared.reactions import Reaction, reaction_to
from shared.setting_values import Carrier

log = Log(__name__)

PATH_LENGTH = 255
"""The width of the column that names a receiver."""


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
        return _path(self.receiver)

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


def superseded(consumer: Consumer) -> dict[str, list[OpenEdxPublicSignal]]:
    """Return, for each receiver that a consumer supersedes, the signals that it is connected to."""
    return {
        path: [s for s in dict.fromkeys(r.signal for r in consumer.routes) if _uids_of(path, s)]
        for path in consumer.supersedes
    }


def not_superseded(consumer: Consumer) -> list[str]:
    """Return the receivers that a consumer replaces in its host, and that the host doesn't have.

    Elsewhere, with tables of the room's own, there is nothing to replace. Raises
    ``ConfigurationError`` if the consumer has no destination.
    """
    if not isinstance(get_settings().destination_of(consumer.name), HostDestination):
        return []
    return [path for path, signals in superseded(consumer).items() if not signals]


def supersede(room: Room) -> None:
    """Disconnect, in this process, the host's receivers that the room's consumers replace.

    Raises what ``not_superseded`` raises.
    """
    for consumer in room.consumers:
        names = {"room": room.name, "consumer": consumer.name}
        for path in not_superseded(consumer):
            log.warning(
                Action.RECEIVER_MISSING,
                **names,
                receiver=path,
                hint="The consumer supersedes it, and it receives none of its events. Did the host "
                "rename it? Under another name it does the consumer's work as well.",
            )
        for path, signals in superseded(consumer).items():
            for signal in signals:
                for uid in _uids_of(path, signal):
                    signal.disconnect(dispatch_uid=uid)
                log.info(
                    Action.RECEIVER_SUPERSEDED,
                    **names,
                    receiver=path,
                    event_type=signal.event_type,
                )


def named(path: str, signal: OpenEdxPublicSignal) -> list[Callable[..., Any]]:
    """Return the receivers of a signal by the path that a dead letter has, cut to its column."""
    return [each for _, each in _connected(signal) if each and _path(each)[:PATH_LENGTH] == path]


def _uids_of(path: str, signal: OpenEdxPublicSignal) -> list[Any]:
    """Return by what a signal knows the receivers of this path, as a ``dispatch_uid``."""
    return [uid for uid, receiver in _connected(signal) if _path(receiver) == path]


def _connected(signal: OpenEdxPublicSignal) -> Iterator[tuple[Any, Any]]:
    """Yield a signal's receivers, each after the ``dispatch_uid`` or id that it is known by.

    What others connect for one sender is no concern of ours: the bus has none.
    """
    for key, receiver, *_ in signal.receivers:
        yield key[0], receiver() if isinstance(receiver, ReferenceType) else receiver


def _path(receiver: object) -> str:
    """Return the dotted path of a receiver; of a partial, that of the function inside."""
    while isinstance(receiver, partial):
        receiver = receiver.func
    module = getattr(receiver, "__module__", "")
    return f"{module}.{getattr(receiver, '__qualname__', type(receiver).__name__)}"


# A function and no object: to report a failure, Django and openedx-events need its names.
def _receiver_of(room: Room) -> Callable[..., None]:
    def receive(*, signal: OpenEdxPublicSignal, metadata: EventsMetadata, **kwargs: Any) -> None:
        """Collect the event, or settle it at once; do nothing with a service's own signals."""
        if not kwargs.get(SIGNAL_PROCESSED_FROM_EVENT_BUS):
            return
        if get_settings().carrier == Carrier.SIGNAL:
            from shared.direct import settle_at_once  # imports the pipeline, which imports models

            data = {name: kwargs[name] for name in signal.init_data}
            settle_at_once(room, signal, data, metadata)
            return
        collection = _collection.get()
        # By name: a worker's room is narrowed to its live consumers.
        if collection and collection.room.name == room.name and collection.emitting:
            collection.collected.append(collection.emitting)

    return receive


_UID = "event_sync."


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
