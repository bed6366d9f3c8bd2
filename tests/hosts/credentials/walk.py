"""Credentials' walk: a learner's grade, by REST and by the bus."""

from __future__ import annotations

from datetime import datetime

from shared.messages import Event
from tests.hosts.credentials.rows import START, grade
from tests.hosts.walks.description import Walk


def _event(value: str, time: datetime) -> Event:
    second = (time - START).total_seconds()
    return grade(second, percent_grade=float(value), letter_grade="Pass")


WALK = Walk(
    room="credentials_grades_sync",
    group="credentials_grades_sync",
    consumer="user-grades",
    consumers=("user-grades",),
    settings="credentials.settings.production",
    variable="CREDENTIALS_CFG",
    block="python",
    event=_event,
    is_healed_by_rewind=True,
)
