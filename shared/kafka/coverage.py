"""For which consumers a group has settled what lies before its offsets.

A group's offset says that the events before it are settled, not for whom. Each commit of ours says
that as well, in the metadata that the broker keeps with an offset: a consumer that goes live later
than its neighbours on a topic, or is new there, is found by it. A group that somebody has moved has
no such metadata; it is taken at its word. So is one whose names take more than the broker keeps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from shlex import quote

from confluent_kafka import TopicPartition

from shared.logging import Action, Log

log = Log(__name__)

_MARK = "settled for: "
_SINCE = "@"


class Coverage:
    """What a worker's commits cover: its ``consumers``, by a topic's full name, but for late ones.

    One that is late stays so, and is named with each start, until the group is moved.
    """

    def __init__(self, consumers: Mapping[str, Iterable[str]], *, group: str, room: str) -> None:
        self._consumers = {topic: frozenset(names) for topic, names in consumers.items()}
        self._group = group
        self._room = room
        self._covered: dict[tuple[str, int], frozenset[str]] = {}
        self._left: dict[tuple[str, int], Mapping[str, int]] = {}
        self.is_too_long = False
        """Whether the broker takes no such metadata: then offsets are committed without."""

    @property
    def topics(self) -> Sequence[str]:
        """The full names of the topics."""
        return list(self._consumers)

    def begin(self, committed: Iterable[TopicPartition]) -> None:
        """Take what the offsets of partitions that come to us cover; warn of who is late."""
        late: dict[tuple[str, str], dict[str, int | None]] = {}
        for place in committed:
            ours, where = self._consumers[place.topic], (place.topic, place.partition)
            known, left = _parse(place.metadata) if place.offset >= 0 else (None, {})
            self._covered[where] = ours if known is None else ours & known
            self._left[where] = {**dict.fromkeys((known or ours) - ours, place.offset), **left}
            for name in sorted(ours - self._covered[where]):
                missed = late.setdefault((name, place.topic), {})
                missed[f"{place.topic}[{place.partition}]"] = left.get(name)
        for (name, topic), missed in late.items():
            of_topic = [each for (_, other), each in late.items() if other == topic]
            self._warn(name, topic, missed, _target(of_topic))

    def metadata(self, partition: tuple[str, int]) -> str:
        """Return what to commit with an offset of a partition that is ours."""
        if self.is_too_long:
            return ""
        left = (f"{name}{_SINCE}{offset}" for name, offset in self._left[partition].items())
        return _MARK + ",".join(sorted([*self._covered[partition], *left]))

    def _warn(self, consumer: str, topic: str, missed: Iterable[str], target: str) -> None:
        log.warning(
            Action.CONSUMER_LATE,
            room=self._room,
            consumer=consumer,
            partitions=",".join(missed),
            hint="It has missed what the group went past without it. Stop the group's workers, "
            f"then: manage.py rewind {self._room} --group {quote(self._group)} --topic {topic} "
            f"--to {quote(target)} --apply",
        )


def _target(missed: Iterable[Mapping[str, int | None]]) -> str:
    """Return where a topic's partitions must go for all of its consumers that are late.

    A group that was moved is taken at its word: what one of them still missed would stay unsaid.
    """
    since: dict[str, int] = {}
    for partition, offset in chain.from_iterable(each.items() for each in missed):
        if offset is None:
            return "earliest"
        since[partition] = min(offset, since.get(partition, offset))
    return ",".join(f"{partition}:{offset}" for partition, offset in since.items())


def _parse(metadata: str | None) -> tuple[frozenset[str] | None, Mapping[str, int]]:
    """Return the names in an offset's metadata, and where those that have left did so.

    The names are ``None`` if it was none of our workers' commits. Of one whose offset can't be read
    nothing is known: another release may write more than this one reads.
    """
    if not metadata or not metadata.startswith(_MARK):
        return None, {}
    words = [word.partition(_SINCE) for word in metadata.removeprefix(_MARK).split(",")]
    names = frozenset(name for name, since, _ in words if name and not since)
    return names, {name: int(offset) for name, _, offset in words if offset.isdecimal()}
