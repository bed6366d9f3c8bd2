"""The table that every contestant writes, looked at from outside: what does it say at the end?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from tests.benchmark.drivers import MARIADB, POSTGRESQL, connect, kind_of
from tests.benchmark.stream import WARM, Row, Stream

NAME = "credentials_grades_sync_standalone_usergrade"
_AGREED = (
    "lms_user_id, course_key, username, letter_grade, percent_grade, passed, verified, graded_at"
)


class Table:
    """The table of one database, looked at from outside."""

    def __init__(self, url: str) -> None:
        self._kind = kind_of(url)
        self._connection = connect(url)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement."""
        cursor = self._connection.cursor()
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []

    def rows(self, stream: Stream) -> Iterator[Row]:
        """Yield the agreed columns of the rows that a stream has changed, by learner."""
        since = stream.start.replace(tzinfo=None).isoformat(" ")
        if self._kind == POSTGRESQL:
            since += "+00"
        found = self.query(
            f"SELECT {_AGREED} FROM {NAME} WHERE graded_at >= '{since}'"
            f" AND lms_user_id < {WARM} ORDER BY lms_user_id"
        )
        return map(_normal, found)

    def is_final(self, stream: Stream, expected: str) -> bool:
        """Return whether the table says what the stream says."""
        return digest(self.rows(stream)) == expected

    def positions_off(self, stream: Stream) -> int:
        """Return of how many rows the position isn't that of the grade that they hold."""
        when = {
            POSTGRESQL: "to_char(graded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')",
            MARIADB: "date_format(graded_at, '%Y-%m-%dT%H:%i:%s.%f')",
        }.get(self._kind, "replace(substr(graded_at || '.000000', 1, 26), ' ', 'T')")
        below = f"lms_user_id < {WARM} AND graded_at > '2021-01-01'"
        statement = f"SELECT count(*) FROM {NAME} WHERE {below} AND substr(position, 1, 26) <> "
        return int(self.query(statement + when)[0][0])


def expected_of(stream: Stream) -> str:
    """Return the digest of the rows that a stream ends in."""
    rows = stream.rows()
    return digest(rows[learner] for learner in sorted(rows))


def digest(rows: Iterable[Row]) -> str:
    """Return count and digest of rows; the order counts."""
    total, hashed = 0, sha256()
    for row in rows:
        total += 1
        hashed.update(repr(row).encode())
    return f"{total} rows {hashed.hexdigest()}"


def _normal(row: tuple[Any, ...]) -> Row:
    """Return a row as Python means it, whatever the driver makes of it."""
    learner, course, username, letter, percent, passed, verified, time = row
    time = datetime.fromisoformat(time) if isinstance(time, str) else time
    time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    percent = Decimal(str(percent)).quantize(Decimal("0.01"))
    return (learner, course, username, letter, percent, bool(passed), bool(verified), time)
