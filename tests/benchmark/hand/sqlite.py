"""One statement, prepared once, with ``executemany`` per batch."""

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
)
_UPDATES = ", ".join(f"{name} = excluded.{name}" for name in _NAMES if name != "sync_key")
_UPSERT = (
    f"INSERT INTO credentials_grades_sync_standalone_usergrade ({', '.join(_NAMES)},"
    " filled_position, created, modified)"
    f" VALUES ({', '.join('?' * len(_NAMES))}, ?2, {{0}}, {{0}})"
    f" ON CONFLICT (sync_key) DO UPDATE SET {_UPDATES}, modified = excluded.modified,"
    " filled_position = excluded.filled_position WHERE position < excluded.position"
)


def upsert(connection: Any, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write rows of different keys in a transaction."""
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
    connection.execute("BEGIN IMMEDIATE")
    # Django's text form of a time has a blank where ISO has a T.
    values = [(*row[:2], row[2].replace("T", " "), *row[3:]) for row in rows]
    connection.executemany(_UPSERT.format(f"'{now}'"), values)
    connection.execute("COMMIT")
