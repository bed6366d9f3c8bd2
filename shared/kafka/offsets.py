"""Offsets: which are settled here, and what the broker has answered to their commits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from shared.exceptions import FatalError
from shared.kafka import errors
from shared.kafka.coverage import Coverage
from shared.logging import Action, Log
from shared.messages import Message

log = Log(__name__)

Partition: TypeAlias = tuple[str, int]
"""A topic's full name and the number of one of its partitions."""


class Offsets:
    """The next offset of each partition of ours; what one commit failed to say, the next says."""

    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage
        self._settled: dict[Partition, int] = {}
        self.commits_under_way = 0
        self.has_commit_failed = False
        self.refusal: FatalError | None = None
        self._ends: dict[Partition, int] = {}
        self.options: dict[str, Any] = {"on_commit": self.on_commit, "enable.partition.eof": True}

    def read(
        self, consumer: Consumer, partitions: list[TopicPartition], *, timeout: float
    ) -> list[TopicPartition]:
        """Return the group's offsets in partitions that come to us.

        Raises ``KafkaException`` for the first of them that the broker didn't tell: one that can't
        be read is not one that isn't there.
        """
        committed = consumer.committed(partitions, timeout=timeout)
        for partition in committed:
            if partition.error:
                raise KafkaException(partition.error)
        self._coverage.begin(committed)
        return committed

    def settle(self, messages: Iterable[Message], owned: set[Partition]) -> None:
        """Note that messages are settled, those left out whose partition is not ours any more.

        The broker would accept their offsets, and the group would go back.
        """
        for message in messages:
            partition = (message.topic, message.partition)
            if partition in owned:
                self._settled[partition] = message.offset + 1

    def forget(self, gone: set[Partition]) -> None:
        """Say nothing more of partitions that leave."""
        self._settled = {p: offset for p, offset in self._settled.items() if p not in gone}
        self._ends = {p: offset for p, offset in self._ends.items() if p not in gone}

    def note_end(self, partition: Partition, offset: int) -> None:
        """Note that what comes next in a partition, which now ends there, has this offset."""
        self._ends[partition] = offset

    def settle_ends(self, consumer: Consumer, starts: Mapping[Partition, int]) -> None:
        """Go on to the ends that were noted: all messages before them are settled.

        What ends a transaction takes an offset and is no message: the lag would never be 0.
        """
        known, ends, self._ends = {**starts, **self._settled}, self._ends, {}
        if beyond := {p: offset for p, offset in ends.items() if offset > known.get(p, offset)}:
            self._settled |= beyond
            self.commit(consumer)

    def commit(self, consumer: Consumer) -> None:
        """Tell the broker all that is settled, without waiting for its answer."""
        self.has_commit_failed = False
        offsets = [
            TopicPartition(*partition, offset, self._coverage.metadata(partition))
            for partition, offset in self._settled.items()
        ]
        if not offsets:
            return
        try:
            consumer.commit(offsets=offsets, asynchronous=True)
            self.commits_under_way += 1
        except KafkaException as error:
            self._failed(error.args[0])

    def commit_again(self, consumer: Consumer) -> None:
        """Say what the broker has refused once more, when it has answered all else."""
        if self.has_commit_failed and not self.commits_under_way:
            self.commit(consumer)

    def on_commit(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        """Take the broker's answer: librdkafka's callback."""
        self.commits_under_way -= 1
        if failed := error or next((p.error for p in partitions if p.error), None):
            self.refusal = errors.refusal(failed)
            if failed.code() == KafkaError.OFFSET_METADATA_TOO_LARGE:
                self._coverage.is_too_long = True
            self._failed(failed)

    def _failed(self, error: KafkaError) -> None:
        # It met a rebalance, for one. Until it is said again a crash would redeliver.
        self.has_commit_failed = True
        log.warning(Action.OFFSETS_NOT_COMMITTED, error=error.name())


def named(partitions: Iterable[TopicPartition]) -> str:
    """Return partitions as the log names them."""
    return ",".join(f"{p.topic}[{p.partition}]" for p in partitions) or "none"
