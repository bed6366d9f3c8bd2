"""One INSERT … ON CONFLICT per batch, its rows as one array literal per column."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

_COLUMNS = {
    "sync_key": "text",
    "position": "text",
    "graded_at": "timestamptz",
    "lms_user_id": "bigint",
    "course_key": "text",
    "username": "text",
    "letter_grade": "text",
    "percent_grade": "numeric",
    "passed": "boolean",
    "verified": "boolean",
}
_TABLE = "credentials_grades_sync_standalone_usergrade"
_NAMES = ", ".join(_COLUMNS)
_ARRAYS = ", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values())
_UPDATES = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name != "sync_key")
_UPSERT = (
    f"INSERT INTO {_TABLE} AS t ({_NAMES}, filled_position, created, modified)"
    f" SELECT {_NAMES}, position, %s, %s FROM unnest({_ARRAYS}) AS v ({_NAMES})"
    f" ON CONFLICT (sync_key) DO UPDATE SET {_UPDATES}, modified = excluded.modified,"
    " filled_position = excluded.filled_position WHERE t.position < excluded.position"
)


def upsert(connection: Any, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write rows of different keys in a transaction."""
    key, position, time, learner, course, username, letter, percent, passed, verified = zip(
        *rows, strict=True
    )
    now = datetime.now(UTC)
    connection.execute(
        _UPSERT,
        (
            now,
            now,
            _texts(key),
            _plain(position),
            "{" + "Z,".join(time) + "Z}",
            _values(learner),
            _texts(course),
            _texts(username),
            _texts(letter),
            _values(percent),
            _values(passed),
            _values(verified),
        ),
    )
    connection.commit()


def _texts(values: Sequence[str]) -> str:
    """Return the literal of an array of texts."""
    text = '","'.join(values) if values else ""
    if "\\" in text or text.count('"') != 2 * (len(values) - 1):
        text = '","'.join(v.replace("\\", "\\\\").replace('"', '\\"') for v in values)
    return '{"' + text + '"}'


def _plain(values: Sequence[str]) -> str:
    """Return the literal of an array of texts that need no escapes."""
    return '{"' + '","'.join(values) + '"}'


def _values(values: Sequence[object]) -> str:
    """Return the literal of an array of numbers or booleans."""
    return "{" + ",".join(map(str, values)) + "}"
