"""The events of stored messages: of dead letters and parked events, outside of a worker."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from shared.direct import decode_stored
from shared.exceptions import UndecodableMessage, UnknownEventType
from shared.messages import NO_PARTITION, Event, Message

if TYPE_CHECKING:
    from shared.kafka.decoding import Decoder


class StoredEvents:
    """Decodes stored messages while its block runs; asks for a registry when one is needed first.

    An event that came through its signal alone needs none, and a service of such events has none.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._decoder: Decoder | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._decoder = None
        self._stack.close()

    def event_of(self, message: Message) -> Event:
        """Return the event of a message.

        Raises ``UndecodableMessage``, also for a type that is known no more, ``TransientError``
        while the registry is out of reach, and ``FatalError``.
        """
        try:
            if message.partition == NO_PARTITION:
                return decode_stored(message)
            return self._kafka_decoder().decode(message)
        except UnknownEventType as error:
            raise UndecodableMessage("header ce_type: known no more") from error

    def _kafka_decoder(self) -> Decoder:
        if self._decoder is None:
            from shared.kafka.config import schema_registry_client
            from shared.kafka.decoding import Decoder

            registry = self._stack.enter_context(schema_registry_client())
            # Believed at its first word that a schema is no Avro: the message stays where it is.
            self._decoder = Decoder(registry, misreadings=1)
        return self._decoder
