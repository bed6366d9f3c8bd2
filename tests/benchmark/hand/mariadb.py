"""One multi-row INSERT … ON DUPLICATE KEY UPDATE per batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

_NAMES = (
    "sync_key",
    "position",
    "graded_at",
    "lms_user_id",
    "course_key",
    "username",
    "letter_grade",
    "percent_grade",
    "passed",
    "verified",
    "filled_position",
    "created",
    "modified",
)
_GUARDED = [name for name in _NAMES if name not in ("sync_key", "position", "created")]
_HEAD = f"INSERT INTO credentials_grades_sync_standalone_usergrade ({', '.join(_NAMES)}) VALUES "
# MariaDB assigns from left to right: the position, which the others look at, comes last.
_TAIL = " ON DUPLICATE KEY UPDATE " + ", ".join(
    f"{name} = IF(position < VALUES(position), VALUES({name}), {name})"
    for name in (*_GUARDED, "position")
)


def upsert(connection: Any, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write rows of different keys in a transaction."""
    now = f"'{datetime.now(UTC).replace(tzinfo=None).isoformat(' ')}'"
    text = connection.string_literal
    values = ",".join(
        f"({text(key).decode()},'{position}','{time}',{learner},{text(course).decode()},"
        f"{text(username).decode()},{text(letter).decode()},{percent},{passed},{verified},"
        f"'{position}',{now},{now})"
        for (
            key,
            position,
            time,
            learner,
            course,
            username,
            letter,
            percent,
            passed,
            verified,
        ) in rows
    )
    connection.query(_HEAD + values + _TAIL)
    connection.commit()
