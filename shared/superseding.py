"""Superseding: a room takes the place of receivers that its host has."""

from __future__ import annotations

from openedx_events.tooling import OpenEdxPublicSignal

from shared.conf import get_settings
from shared.consumer import Consumer, Room
from shared.hosts import HostDestination
from shared.listeners import uids_of
from shared.logging import Action, Log

log = Log(__name__)


def superseded(consumer: Consumer) -> dict[str, list[OpenEdxPublicSignal]]:
    """Return, for each receiver that a consumer supersedes, the signals that it is connected to."""
    return {
        path: [s for s in dict.fromkeys(r.signal for r in consumer.routes) if uids_of(path, s)]
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
                for uid in uids_of(path, signal):
                    signal.disconnect(dispatch_uid=uid)
                log.info(
                    Action.RECEIVER_SUPERSEDED,
                    **names,
                    receiver=path,
                    event_type=signal.event_type,
                )
