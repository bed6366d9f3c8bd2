"""Remembers the grades of learners whom Credentials knows by no LMS user id.

Most never visit it. Once such a learner is renamed, by a retirement or otherwise, nothing but this
tells an event with the old name from one of a newcomer, and it would bring that name back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from shared.models import AppliedEvent
from shared.records import fold_key
from shared.upsert import insert_or_update

StrangersGrade: TypeAlias = tuple[int, int]
"""The LMS user id of a learner, and the id of a course run."""

_CONSUMER = "user-grades"


def remembered(grades: Iterable[StrangersGrade]) -> set[StrangersGrade]:
    """Return which of these grades Credentials has had, by whatever username."""
    keys = {_key(grade): grade for grade in grades}
    rows = AppliedEvent.objects.filter(sync_key__in=keys)
    return {keys[key] for key in rows.values_list("sync_key", flat=True)}


def remember(grades: Sequence[StrangersGrade]) -> None:
    """Keep in mind that Credentials has these grades."""
    rows = [
        AppliedEvent(consumer=_CONSUMER, sync_key=_key(grade), has_followed=True)
        for grade in sorted(grades)
    ]
    insert_or_update(AppliedEvent, rows, match=["sync_key"], update=["has_followed"])


def _key(grade: StrangersGrade) -> str:
    return fold_key((_CONSUMER, *grade))
