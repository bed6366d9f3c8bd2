"""Burying: an event that can't succeed without a person is kept whole, with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from urllib.parse import quote

from shared.batches import Batch, Ending
from shared.cloudevents import event_type_of
from shared.consumer import Room
from shared.exceptions import UndecodableMessage
from shared.listeners import PATH_LENGTH
from shared.logging import Action, Log
from shared.messages import Message
from shared.models import DeadLetter
from shared.outcomes import Outcome
from shared.reactions import describe, origin
from shared.receivers import ReceiverFailure
from shared.upsert import insert_or_update

log = Log(__name__)

_UNIQUE = ["room", "consumer", "receiver", "topic", "partition", "offset"]


def bury(batch: Batch, endings: Iterable[Ending], *, now: datetime) -> None:
    """Keep the batch's dead events and its failed receivers; a redelivered one is kept once."""
    letters = [
        _letter(
            batch,
            ending.message,
            now,
            consumer=ending.consumer,
            error=ending.error,
            attempts=ending.parked.attempts + 1 if ending.parked else 1,
        )
        for ending in endings
        if ending.outcome is Outcome.DEAD
    ] + [
        _letter(
            batch,
            failure.event.message,
            now,
            receiver=failure.receiver_name[:PATH_LENGTH],
            error=reason_of(failure),
        )
        for failure in batch.failures
    ]
    keep(letters)


def reason_of(failure: ReceiverFailure) -> str:
    """Return what is wrong with a receiver, in words that hold no value of the event."""
    error = failure.error
    return f"A receiver of the host raised {describe(error)}, {origin(error)}."


def keep(letters: list[DeadLetter]) -> None:
    """Store dead letters, each once, and log what they name."""
    if letters:
        insert_or_update(DeadLetter, letters, match=_UNIQUE, update=["attempts", "error"])
    for letter in letters:
        log.warning(
            Action.EVENT_BURIED,
            room=letter.room,
            consumer=letter.consumer,
            receiver=letter.receiver,
            event_type=letter.event_type,
            event_id=letter.event_id,
            place=letter.message.place,
            error=letter.error,
        )


def deaths_before(
    starts: Mapping[tuple[str, int], int], *, room: Room, limit: int
) -> Iterator[bool]:
    """Yield of the ``limit`` messages before each of these offsets whether a room buried them.

    ``starts`` has an offset by topic and partition. The oldest come first, those of all partitions
    in turn: who came first isn't known.
    """
    # With the consumers, for they come first in the index that has the offsets.
    consumers = ["", *(consumer.name for consumer in room.consumers)]
    letters = DeadLetter.objects.filter(room=room.name, consumer__in=consumers, receiver="")
    buried = {
        (place, offset)
        for place, start in starts.items()
        for offset in letters.filter(
            topic=place[0], partition=place[1], offset__range=(start - limit, start - 1)
        ).values_list("offset", flat=True)
    }
    for distance in range(limit, 0, -1):
        for place, start in starts.items():
            if start >= distance:
                yield (place, start - distance) in buried


def _letter(
    batch: Batch,
    message: Message,
    now: datetime,
    *,
    error: str,
    consumer: str = "",
    receiver: str = "",
    attempts: int = 1,
) -> DeadLetter:
    return DeadLetter(
        room=batch.room.name,
        consumer=consumer,
        group=batch.group,
        receiver=receiver,
        error=error,
        attempts=attempts,
        buried_at=now,
        **identity_of(message),
        **DeadLetter.columns_of(message),
    )


def identity_of(message: Message) -> dict[str, str]:
    """Return what can be said of a message's event without decoding it; blank where it can't."""
    try:
        event_type = event_type_of(message.headers)
    except UndecodableMessage:
        event_type = ""
    ids = [value for name, value in message.headers if name == "ce_id" and value]
    event_id = quote(ids[0], safe="") if len(ids) == 1 else ""
    return {"event_type": quote(event_type)[:255], "event_id": event_id[:64]}
