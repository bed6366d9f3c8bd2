"""Whatever the order in which events come, the table is the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from random import Random
from typing import Any

import pytest
from django.db import transaction

from credentials_grades_sync.standalone.models import UserGrade
from shared import registry
from shared.consumer import Room
from shared.messages import Event
from shared.testing import deliver
from tests.contract.catalogue import each_room
from tests.grades import ROOM, Grade, table_of
from tests.stage import SetStage, perform

SEED = 20260102
EVENTS = 1500
"""Each of which is published twice."""
RATE = 100
"""Messages a second: so few that the last worker sees some, however long it takes to join."""

# A@1, A@3, then B@2 ends as A; so does a summary that comes before its grade event.
SMALL = (
    Grade(second=1, percent=70),
    Grade(second=3, percent=70),
    Grade(second=2, percent=40),
    Grade(second=4, percent=80, is_summary=True),
    Grade(second=4, percent=90, is_summary=True, learner=2),
)


@each_room
def test_shuffled_and_doubled_over_workers_that_come_and_go(
    room: Room, set_stage: SetStage
) -> None:
    """A stream without any order, everything twice, ends as planned; children come first, too."""
    performance = perform(room, events=EVENTS, seed=SEED)
    stream = [*performance.stream, *performance.stream]
    Random(SEED).shuffle(stream)
    stage = set_stage(replace(performance, stream=stream))
    with stage.publishing(RATE):
        first, second = stage.start_worker(), stage.start_worker()
        first.wait_for(r"batch\.committed")
        second.wait_for(r"batch\.committed")
        assert first.stop() == 0
        third = stage.start_worker()
        third.wait_for(r"batch\.committed")
    stage.wait_until_over()
    assert stage.problems() == []


@pytest.mark.parametrize("size", [len(SMALL), 1], ids=["one batch", "one by one"])
@pytest.mark.django_db
def test_every_permutation(size: int) -> None:
    """A small stream ends in the same rows, positions included, in any order."""
    events = [grade.event() for grade in SMALL]
    tables = [rows_after(order, size) for order in permutations(events)]
    assert {key: row[:5] for key, row in tables[0].items()} == table_of(SMALL)
    assert all(table == tables[0] for table in tables)


def rows_after(events: Sequence[Event], size: int) -> dict[tuple[int, str], tuple[Any, ...]]:
    """Return the rows that these events end in, and forget them."""
    with transaction.atomic():
        for start in range(0, len(events), size):
            deliver(registry.get_room(ROOM), *events[start : start + size])
        rows = {(row.lms_user_id, row.course_key): says(row) for row in UserGrade.objects.all()}
        transaction.set_rollback(True)
    return rows


def says(row: UserGrade) -> tuple[Any, ...]:
    """Return what a row says, but for the times at which it saw changes."""
    grade = (row.letter_grade, float(row.percent_grade), row.passed, row.username, row.verified)
    return (*grade, row.position, row.filled_position)
