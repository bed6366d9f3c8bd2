"""What a worker has in flight: the messages of one batch and what has become of them so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.batches import Arrival, Ignored
from shared.consumer import Room
from shared.kafka.offsets import Partition
from shared.messages import Event, Message
from shared.receivers import ReceiverFailure


@dataclass(slots=True)
class Flight:
    """Messages that were taken and not yet committed, with their arrivals in the same order."""

    messages: list[Message] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    failures: Sequence[ReceiverFailure] = ()
    recalls: int = 0
    """How often the failed receivers have been called again."""

    def drop(self, gone: set[Partition]) -> None:
        """Let partitions that leave take their part along; their next owner starts with it."""

        def stays(message: Message) -> bool:
            return (message.topic, message.partition) not in gone

        self.messages = [message for message in self.messages if stays(message)]
        self.arrivals = [arrival for arrival in self.arrivals if stays(arrival.message)]
        self.failures = [failure for failure in self.failures if stays(failure.event.message)]

    def cut(self, length: int) -> list[Message]:
        """Keep the first ``length`` messages and return the others."""
        rest = self.messages[length:]
        del self.messages[length:], self.arrivals[length:]
        return rest

    def recall(self) -> None:
        """Call the receivers that failed transiently again, and keep those that still fail."""
        self.recalls += 1
        again = (f.recall() if f.is_transient else f for f in self.failures)
        self.failures = [failure for failure in again if failure]

    def arrivals_for(self, room: Room) -> list[Arrival]:
        """Return the arrivals as a room counts them: what it doesn't consume is ignored."""
        return [
            Ignored(arrival.message)
            if isinstance(arrival, Event) and not room.consumes(arrival.signal.event_type)
            else arrival
            for arrival in self.arrivals
        ]

    def spans(self) -> str:
        """Return the first and last offset per partition, for the log."""
        offsets: dict[Partition, list[int]] = {}
        for message in self.messages:
            offsets.setdefault((message.topic, message.partition), []).append(message.offset)
        return ",".join(f"{t}[{p}]:{seen[0]}-{seen[-1]}" for (t, p), seen in offsets.items())
