"""Whatever the order of arrival and the batches, a stream ends in the rows of its newest events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db import transaction

from shared.consumer import Room
from shared.messages import Message
from shared.models import DeadLetter, ParkedEvent
from shared.ordering import Position
from shared.outcomes import Outcome
from tests.contract.bench import Bench, at
from tests.contract.catalogue import each_room, samples_of
from tests.contract.sample import Sample, parent_number
from tests.wire import NOW, Wire

pytestmark = pytest.mark.django_db

SEEDS = 12
LENGTH = 60
ROWS = 5
UNSTABLE = {"id", "created", "modified"}


@dataclass(frozen=True)
class Said:
    """What one message of a stream says."""

    sample: Sample
    number: int
    state: int
    minute: int
    message: Message

    @property
    def position(self) -> Position:
        """Where it stands among those of its row."""
        if self.sample.route.creates_only:
            return Position.lowest()
        return Position.of(
            at(self.minute), self.message.topic, self.message.partition, self.message.offset
        )


def stream(wire: Wire, room: Room, random: Random) -> list[Said]:
    """Return events of all routes about a few rows in many states, some at the same time."""
    said = []
    for _ in range(LENGTH):
        sample = random.choice(samples_of(room))
        number, minute = random.randint(1, ROWS), random.randint(0, LENGTH // 4)
        state = random.randint(0, len(sample.changes))
        message = Bench(wire, sample).event(number, state, time=at(minute))
        # A row's events share a partition until somebody adds partitions.
        message = replace(message, partition=random.randint(0, 1))
        said.append(Said(sample, number, state, minute, message))
    return said


def arrive(wire: Wire, room: Room, messages: Sequence[Message], random: Random) -> None:
    """Take messages in batches of any size, with retries in between and at the end."""
    rest = list(messages)
    while rest:
        size = random.randint(1, len(rest))
        wire.take(room, rest[:size])
        rest = rest[size:]
        if random.random() < 0.3:
            wire.retry(room)
    while retry(wire, room) - {Outcome.PARKED}:
        pass


def retry(wire: Wire, room: Room) -> set[Outcome]:
    """Retry all that waits, and return how some of it ended."""
    later = NOW + timedelta(days=1)
    return {ending.outcome for ending in wire.retry(room, now=later).endings}


def left(room: Room) -> dict[str, Any]:
    """Return what a stream left: its rows, without what depends on arrival, and what waits."""
    assert not DeadLetter.objects.exists()
    rows: dict[str, Any] = {
        f"{sample.consumer.name} {row['sync_key']}": {
            name: value for name, value in row.items() if name not in UNSTABLE | sample.seen
        }
        for sample in samples_of(room)
        for row in sample.rows()
    }
    return rows | {"waiting": set(ParkedEvent.objects.values_list("consumer", "topic", "offset"))}


def left_by(wire, room, messages, seed):
    """Return what is left when messages arrive on empty tables, which are empty afterwards."""
    with transaction.atomic():
        arrive(wire, room, messages, Random(seed))
        found = left(room)
        transaction.set_rollback(True)
    return found


def told(stream: Iterable[Said]) -> tuple[dict[tuple[str, int], dict[str, Any]], set[int]]:
    """Return the rows that a stream must end in, and the offsets of what must go on waiting.

    The rule, without the code under test: what an event knows, the newest that knows it says.
    """
    by_row = defaultdict(list)
    for said in sorted(stream, key=lambda said: said.position):
        by_row[said.sample.consumer.name, said.number].append(said)

    def is_there(sample: Sample, number: int) -> bool:
        if (sample.consumer.name, number) not in by_row:
            return False
        return sample.parent is None or is_there(sample.parent, parent_number(number))

    rows, waiting = {}, set()
    for (consumer, number), events in by_row.items():
        if not is_there(events[0].sample, number):
            waiting |= {said.message.offset for said in events}
            continue
        row = events[0].sample.row(number, events[0].state)
        for said in events:
            row |= said.sample.known(number, said.state)
        rows[consumer, number] = row | {"position": events[-1].position}
    return rows, waiting


@each_room
@pytest.mark.parametrize("seed", range(SEEDS))
def test_any_order_and_any_batches_end_in_the_same_rows(wire, room, seed):
    """Shuffled, cut anywhere and with redeliveries, a stream ends as when it is sorted."""
    random = Random(seed)
    said = stream(wire, room, random)
    in_order = [each.message for each in sorted(said, key=lambda each: each.position)]
    sorted_rows = left_by(wire, room, in_order, seed)
    assert len(sorted_rows) > ROWS
    for _ in range(3):
        arriving = in_order + random.sample(in_order, LENGTH // 6)
        random.shuffle(arriving)
        assert left_by(wire, room, arriving, seed) == sorted_rows


@each_room
@pytest.mark.parametrize("seed", range(SEEDS))
def test_stream_ends_in_what_its_newest_events_say(wire, room, seed):
    """As a model says that knows the rule only; what has no parent waits, and nothing is lost."""
    random = Random(seed)
    said = stream(wire, room, random)
    random.shuffle(said)
    rows, waiting = told(said)
    arrive(wire, room, [each.message for each in said], random)
    found = left(room)
    assert {offset for _, _, offset in found.pop("waiting")} == waiting
    assert len(found) == len(rows)
    for row in rows.values():
        assert any(row.items() <= other.items() for other in found.values())
