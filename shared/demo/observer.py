"""Watches the topics beside the workers: where each message landed, and when it was published."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from threading import Event as Flag
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from shared.demo.stream import Landed, Place, Planned
from shared.embedded.bus import PARTITIONS
from shared.kafka.polled import to_message

_WAIT = 0.2
_AT_ONCE = 1000


class Observer:
    """Reads every partition of these topics (full names) from the beginning, in no group.

    ``published_at`` has the broker's timestamp of each message, in seconds since the epoch,
    ``hashes`` by what each is known again (``hash`` of a ``Message``): whole, they'd be too many.
    """

    def __init__(self, *, bootstrap_servers: str, topics: Iterable[str]) -> None:
        self.published_at: dict[Place, float] = {}
        self.hashes: dict[Place, int] = {}
        self._places: dict[str, list[Place]] = defaultdict(list)
        self._stopped = Flag()
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap_servers,
                "group.id": "demo-observer",
                "enable.auto.commit": False,
                "log_level": 0,
            }
        )
        self._consumer.assign(
            [TopicPartition(t, n, OFFSET_BEGINNING) for t in topics for n in range(PARTITIONS)]
        )

    def watch(self) -> None:
        """Read until ``stop``."""
        while not self._stopped.is_set():
            for message in self._consumer.consume(_AT_ONCE, _WAIT):
                if not message.error():
                    self._note(message)
        self._consumer.close()

    def stop(self) -> None:
        """Let ``watch`` end soon."""
        self._stopped.set()

    def landed(self, stream: Sequence[Planned]) -> Iterator[Landed]:
        """Yield where each message of a stream landed; one that hasn't is left out."""
        places = {event_id: iter(found) for event_id, found in self._places.items()}
        for planned in stream:
            place = next(places.get(planned.message.event_id, iter(())), None)
            if place:
                yield Landed(planned, place)

    def _note(self, raw: Any) -> None:
        message = to_message(raw)
        place = Place.of(message)
        self.published_at[place] = raw.timestamp()[1] / 1000
        self.hashes[place] = hash(message)
        event_id = (dict(message.headers).get("ce_id") or b"").decode()
        self._places[event_id].append(place)
