"""Tables that are full before a race begins, written by the database itself (PostgreSQL)."""

from __future__ import annotations

from tests.benchmark.stream import COURSE
from tests.benchmark.table import NAME, Table

_LONG_AGO = "'2020-01-01 00:00:00+00'"
_LOWEST = "'0001-01-01T00:00:00.000000 00000000-000000 0000000000000000000'"
_GRADES = {
    "sync_key": f"n || '|{COURSE.lower()}'",
    "position": _LOWEST,
    "created": _LONG_AGO,
    "modified": _LONG_AGO,
    "lms_user_id": "n",
    "course_key": f"'{COURSE}'",
    "username": "'learner-' || n",
    "letter_grade": "''",
    "percent_grade": "0",
    "passed": "false",
    "verified": "true",
    "graded_at": _LONG_AGO,
    "filled_position": _LOWEST,
}
_MESSAGE = {
    "room": "'credentials_grades_sync'",
    "consumer": "'user-grades'",
    "event_type": "'org.openedx.learning.course.grade.changed.v1'",
    "event_id": "md5(n::text)",
    "topic": "'another-topic'",
    "partition": "n % 4",
    '"offset"': "n",
    "key": "decode(md5(n::text), 'hex')",
    "value": "decode(repeat(md5(n::text), 4), 'hex')",
    "headers": "'[]'",
    "broker_time": _LONG_AGO,
}
_PARKED = {
    "waiting_for": "'nobody:' || n",
    "attempts": "1",
    "parked_at": "now()",
    "retry_at": "now() + interval '1 day'",
}
_DEAD = {
    '"group"': "'credentials_grades_sync'",
    "receiver": "''",
    "error": "'of the benchmark'",
    "attempts": "1",
    "buried_at": _LONG_AGO,
}


def fill_grades(table: Table, count: int) -> None:
    """Let the table hold failing grades of long ago, of the learners 1 to ``count``."""
    _fill(table, NAME, _GRADES, count)


def fill_queues(table: Table, count: int) -> None:
    """Let so many events be parked, none of them due, and as many be dead."""
    _fill(table, "event_sync_parkedevent", _MESSAGE | _PARKED, count)
    _fill(table, "event_sync_deadletter", _MESSAGE | _DEAD, count)


def _fill(table: Table, name: str, columns: dict[str, str], count: int) -> None:
    table.query(
        f"INSERT INTO {name} ({', '.join(columns)}) SELECT {', '.join(columns.values())}"
        f" FROM generate_series(1, {count}) AS n"
    )
    # As autovacuum would some minutes later.
    table.query(f"VACUUM ANALYZE {name}")
    table.query("CHECKPOINT")
