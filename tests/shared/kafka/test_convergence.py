"""Whatever the order in which events come, the table is the same."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from random import Random
from typing import Any

import pytest
from django.db import transaction

from credentials_grades_sync.standalone.models import UserGrade
from shared import registry
from shared.messages import Event
from shared.testing import deliver
from tests.cluster import Cluster, Publisher
from tests.grades import ROOM, Grade, stream, table_of

SEED = 20260102

# A@1, A@3, then B@2 ends as A; so does a summary that comes before its grade event.
SMALL = (
    Grade(second=1, percent=70),
    Grade(second=3, percent=70),
    Grade(second=2, percent=40),
    Grade(second=4, percent=80, is_summary=True),
    Grade(second=4, percent=90, is_summary=True, learner=2),
)


def test_shuffled_and_doubled_over_workers_that_come_and_go(cluster: Cluster) -> None:
    """A stream without any order, everything twice, ends in the table of the ordered one."""
    random = Random(SEED)
    grades = 2 * stream(random, 2500)
    random.shuffle(grades)
    with Publisher(cluster, grades) as publisher:
        first, second = cluster.start(), cluster.start()
        first.wait_for(r"batch\.committed")
        second.wait_for(r"batch\.committed")
        assert first.stop() == 0
        third = cluster.start()
        third.wait_for(r"batch\.committed")
    cluster.publish(*grades[publisher.published :])
    cluster.wait_until_settled()
    assert cluster.table() == table_of(grades)


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
