"""What an event holds, for those who may see it; each look is logged, with who looked."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from openedx_events.event_bus.avro.serializer import AvroSignalSerializer

from shared.exceptions import UndecodableMessage
from shared.logging import Action, Log
from shared.messages import Message
from shared.models import DeadLetter, StoredMessage
from shared.stored_events import StoredEvents

log = Log(__name__)


def look_into(stored: StoredMessage, *, actor: str) -> dict[str, Any]:
    """Return what a stored event holds, or its bytes if it can't be decoded; log the look first.

    Raises ``TransientError`` or ``FatalError`` of the registry.
    """
    log.warning(
        Action.PAYLOAD_SHOWN,
        actor=actor,
        kind="dead letter" if isinstance(stored, DeadLetter) else "parked event",
        id=stored.pk,
        room=stored.room,
        consumer=stored.consumer,
        place=stored.message.place,
    )
    message = stored.message
    try:
        with StoredEvents() as events:
            event = events.event_of(message)
    except UndecodableMessage as error:
        return {"undecodable": error.message, **_bytes(message)}
    return {
        "time": event.metadata.time.isoformat(),
        "data": AvroSignalSerializer(event.signal).to_dict(event.data),
    }


def _bytes(message: Message) -> dict[str, str | None]:
    parts = {"key": message.key, "value": message.value}
    return {
        f"{name}_base64": None if part is None else b64encode(part).decode()
        for name, part in parts.items()
    }
