"""A group looked at and moved from outside: what it would consume again, or pass over.

Only a group without members can be moved; the broker sees to it, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    TopicPartition,
    admin,
)

from shared.exceptions import FatalError
from shared.kafka import errors
from shared.kafka.config import consumer_config
from shared.kafka.offsets import Partition
from shared.kafka.targets import Edge, Target

_Spec: Any = admin.OffsetSpec  # type: ignore[attr-defined]  # public, and not exported
_TIMEOUT = 10.0
_HAS_MEMBERS = {KafkaError.UNKNOWN_MEMBER_ID, KafkaError.NON_EMPTY_GROUP}


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """What becomes of a group in one partition, which holds the offsets from ``start`` to ``end``.

    ``committed`` is ``None`` where the group has none; it would begin at ``start``.
    """

    topic: str
    partition: int
    start: int
    end: int
    committed: int | None
    new: int

    @property
    def again(self) -> int:
        """How many messages are consumed again; fewer where some were compacted away."""
        return max(0, min(self._present, self.end) - self.new)

    @property
    def skipped(self) -> int:
        """How many messages the group passes over, those that have expired included.

        What a topic holds that was made anew, and is shorter than the offset, it has never had.
        """
        is_anew = self._present > self.end
        return max(0, self.new - (self.start if is_anew else self._present))

    @property
    def _present(self) -> int:
        return self.start if self.committed is None else self.committed

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return asdict(self) | {"again": self.again, "skipped": self.skipped}


class Group:
    """A consumer group, from outside. Its methods raise ``FatalError``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._refusals = refusals = list[FatalError]()

        # It doesn't know this object: the client's threads end when that is dropped, not some day.
        def on_error(error: KafkaError) -> None:
            refusals.extend(filter(None, [errors.refusal(error)]))

        # An admin client ignores what only a consumer understands, and would log that it does.
        config = {**consumer_config(name), "log_level": 0, "error_cb": on_error}
        try:
            self._client = admin.AdminClient(config)
        except (KafkaException, TypeError, ValueError) as error:
            raise errors.refused_options(error) from error

    def moves(self, topics: Sequence[str], target: Target) -> list[Move]:
        """Return what it means to move the group there; ``topics`` are full names."""
        partitions = self._partitions(topics)
        if isinstance(target, Mapping):
            if unknown := sorted(set(target) - set(partitions)):
                topic, number = unknown[0]
                raise FatalError(f"There is no partition {topic}[{number}].")
            partitions = list(target)
        starts = self._offsets(partitions, _Spec.earliest())
        ends = self._offsets(partitions, _Spec.latest())
        committed = self._committed(partitions)
        new = self._goals(target, starts, ends)
        return [
            Move(
                topic=topic,
                partition=number,
                start=starts[topic, number],
                end=ends[topic, number],
                committed=committed[topic, number],
                new=new[topic, number],
            )
            for topic, number in partitions
        ]

    def lag(self, topics: Sequence[str]) -> dict[Partition, int]:
        """Return how many messages the group hasn't committed; ``topics`` are full names."""
        moves = self.moves(topics, Edge.LATEST)
        return {(move.topic, move.partition): move.skipped for move in moves}

    def check_is_empty(self) -> None:
        """Raise ``FatalError`` while the group has members: they would say their offsets again."""
        try:
            described = self._ask(self._client.describe_consumer_groups, [self.name])
        except _Unanswered as error:
            if error.code == KafkaError.GROUP_ID_NOT_FOUND:  # from Kafka 4.0 on
                return
            raise
        if members := described[self.name].members:
            raise self._has_members(f"{len(members)} members" if members[1:] else "1 member")

    def move(self, moves: Sequence[Move]) -> None:
        """Commit the new offsets. The broker refuses it while the group has members.

        It may refuse some partitions only; then the error says which.
        """
        offsets = [TopicPartition(move.topic, move.partition, move.new) for move in moves]
        request = ConsumerGroupTopicPartitions(self.name, offsets)
        try:
            answer = self._ask(self._client.alter_consumer_group_offsets, [request])
        except _Unanswered as error:
            if error.code in _HAS_MEMBERS:
                raise self._has_members("members") from error
            raise
        answered = answer[self.name].topic_partitions
        if refused := {_name(place): place.error for place in answered if place.error}:
            raise self._not_moved(refused, [_name(place) for place in answered if not place.error])

    def _not_moved(self, refused: Mapping[str, KafkaError], moved: Sequence[str]) -> FatalError:
        error = next(iter(refused.values()))
        if not moved and error.code() in _HAS_MEMBERS:  # they came after we had looked
            return self._has_members("members")
        meaning = errors.refusal(error)
        return FatalError(
            f"The broker refused to move {', '.join(refused)}: {error.name()}. "
            f"It has moved: {', '.join(moved) or 'none'}.",
            hint=meaning.hint if meaning else "Look at it without --apply, and move it again.",
        )

    def _partitions(self, topics: Sequence[str]) -> list[Partition]:
        try:
            # All of them: to ask for one that isn't there may create it.
            found = self._client.list_topics(timeout=_TIMEOUT).topics
        except KafkaException as error:
            raise self._unanswered(error.args[0]) from error
        for topic in topics:
            if topic not in found or found[topic].error:
                raise errors.missing_topic(topic)
        return [(topic, number) for topic in topics for number in sorted(found[topic].partitions)]

    def _goals(
        self, target: Target, starts: Mapping[Partition, int], ends: Mapping[Partition, int]
    ) -> Mapping[Partition, int]:
        if isinstance(target, Mapping):
            _check_ranges(target, starts, ends)
            return target
        if isinstance(target, datetime):
            spec = _Spec.for_timestamp(int(target.timestamp() * 1000))
            found = self._offsets(list(starts), spec)
            # Where nothing is as young as that, the broker answers -1.
            return {place: ends[place] if at < 0 else at for place, at in found.items()}
        return starts if target is Edge.EARLIEST else ends

    def _offsets(self, partitions: Sequence[Partition], spec: Any) -> dict[Partition, int]:
        asked = {TopicPartition(*partition): spec for partition in partitions}
        found = self._ask(self._client.list_offsets, asked)
        return {(place.topic, place.partition): info.offset for place, info in found.items()}

    def _committed(self, partitions: Sequence[Partition]) -> dict[Partition, int | None]:
        asked = ConsumerGroupTopicPartitions(self.name, [TopicPartition(*p) for p in partitions])
        answer = self._ask(self._client.list_consumer_group_offsets, [asked])
        committed: dict[Partition, int | None] = {}
        for place in answer[self.name].topic_partitions:
            if place.error:
                raise self._unanswered(place.error)
            committed[place.topic, place.partition] = place.offset if place.offset >= 0 else None
        return committed

    def _ask(self, question: Any, about: Any) -> dict[Any, Any]:
        """Return the broker's answers, each by what it was asked about."""
        futures: dict[Any, Future[Any]] = question(about, request_timeout=_TIMEOUT)
        try:
            return {asked: future.result() for asked, future in futures.items()}
        except KafkaException as error:
            raise self._unanswered(error.args[0]) from error

    def _unanswered(self, error: KafkaError) -> FatalError:
        self._client.poll(0)  # calls back: a refused password shows as a timeout here
        refusal = self._refusals[0] if self._refusals else errors.refusal(error)
        return refusal or _Unanswered(error)

    def _has_members(self, how_many: str) -> FatalError:
        return FatalError(
            f"Group {self.name!r} has {how_many}.",
            hint="Stop its workers; one that was killed, or has a group.instance.id, is a member "
            "until its session ends.",
        )


class _Unanswered(FatalError):
    """The broker didn't do what it was asked for."""

    def __init__(self, error: KafkaError) -> None:
        super().__init__(
            f"The broker doesn't answer: {error.name()}: {error.str()}.",
            hint=errors.ADDRESS_HINT,
        )
        self.code = error.code()


def _name(place: TopicPartition) -> str:
    return f"{place.topic}[{place.partition}]"


def _check_ranges(
    target: Mapping[Partition, int],
    starts: Mapping[Partition, int],
    ends: Mapping[Partition, int],
) -> None:
    for place, offset in target.items():
        if not starts[place] <= offset <= ends[place]:
            raise FatalError(
                f"{place[0]}[{place[1]}] has no offset {offset}.",
                hint=f"It has those from {starts[place]} to {ends[place]}, its end.",
            )
