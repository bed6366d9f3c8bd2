"""What the rooms' producers have in common: how a service is configured, and when an event is sent.

There is no outbox: what is lost between the commit and the broker is lost. Services import this
while their settings are half loaded, so it imports nothing that needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import wraps
from types import ModuleType
from typing import Any

from django.db import transaction
from openedx_events.event_bus import merge_producer_configs
from openedx_events.tooling import OpenEdxPublicSignal

from shared.logging import Action, Log
from shared.reactions import describe, origin

log = Log(__name__)

_silenced: ContextVar[bool] = ContextVar("event_sync_silenced", default=False)


def add_producer_config(settings: ModuleType, config: Mapping[str, Any]) -> None:
    """Add entries to a service's ``EVENT_BUS_PRODUCER_CONFIG``; a value that is there wins."""
    # A module has the attributes that a service gives it.
    settings.EVENT_BUS_PRODUCER_CONFIG = merge_producer_configs(  # type: ignore[attr-defined]
        config, getattr(settings, "EVENT_BUS_PRODUCER_CONFIG", {})
    )


@contextmanager
def silenced() -> Iterator[None]:
    """Publish nothing of what is done in the block: what came from the bus doesn't go back.

    What the block leaves to ``transaction.on_commit`` or to another thread isn't done in it.
    """
    token = _silenced.set(True)
    try:
        yield
    finally:
        _silenced.reset(token)


@contextmanager
def unsilenced() -> Iterator[None]:
    """Publish what is done in the block although it is inside a silenced one.

    For what the service makes of its own accord while it follows an event.
    """
    token = _silenced.set(False)
    try:
        yield
    finally:
        _silenced.reset(token)


def harmless(act: Callable[..., None]) -> Callable[..., None]:
    """Keep the failure of a receiver, or of what it left to do, from who called: only log it."""

    @wraps(act)
    def act_harmlessly(*args: Any, **kwargs: Any) -> None:
        try:
            act(*args, **kwargs)
        except Exception as error:
            log.warning(
                Action.EVENT_NOT_PUBLISHED,
                by=act.__qualname__,
                error=describe(error),
                origin=origin(error),
            )

    return act_harmlessly


def do_on_commit(act: Callable[[], None]) -> None:
    """Do something once the transaction is committed, if it is, and unless this is silenced.

    ``silenced`` counts now: later the block is over. A failure is logged and reaches nobody else.
    """
    if not _silenced.get():
        transaction.on_commit(harmless(act))


def publish_on_commit(
    signal: OpenEdxPublicSignal, *, time: datetime | None, **data: object
) -> None:
    """Send an event once the transaction is committed, if it is.

    ``time`` is when the record was modified; without one it is the time of sending.
    """

    def send() -> None:
        # openedx-events insists on ``timezone.utc`` itself.
        signal.send_event(**data, time=time and time.astimezone(UTC))

    send.__qualname__ = f"send of {signal.event_type}"  # how the log names it
    do_on_commit(send)
