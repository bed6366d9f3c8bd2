"""The stream: grades of one course run, made from their numbers, the same for every contestant.

The bytes are those of the stock producer, of which a test makes sure; they are only made faster.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import uuid4

import fastavro

COURSE = "course-v1:edX+Benchmark+2026"
TOPIC = "learning-course-grade-lifecycle"
WARM = 1_000_000_000
"""Learners from here on belong to the warm-up; no result counts them."""

Headers = list[tuple[str, str | bytes | None]]


@dataclass(frozen=True, slots=True)
class Grade:
    """A learner's grade, in hundredths, at a time."""

    learner: int
    hundredths: int
    time: datetime

    @property
    def passed(self) -> bool:
        """Whether it passes."""
        return self.hundredths > 60

    @property
    def username(self) -> str:
        """The learner's name."""
        return f"learner-{self.learner}"

    @property
    def letter(self) -> str:
        """The letter grade, empty while failing."""
        return "Pass" if self.passed else ""

    @property
    def percent(self) -> float:
        """From 0 to 1."""
        return self.hundredths / 100

    @property
    def row(self) -> Row:
        """The row of the table that says this grade."""
        percent = Decimal(self.hundredths).scaleb(-2)
        state = (self.username, self.letter, percent, self.passed, True)
        return (self.learner, COURSE, *state, self.time)


Row = tuple[int, str, str, str, Decimal, bool, bool, datetime]


@dataclass(frozen=True)
class Stream:
    """``count`` grades, one a millisecond from ``start`` on.

    Learners take turns; each further grade of one differs from the grade before. With ``filled``
    the table holds the learners 1 to ``filled`` already: every other grade is of one of them, these
    evenly spread, and the rest are first grades.
    """

    count: int
    learners: int
    start: datetime
    filled: int = 0

    @classmethod
    def halved(cls, count: int, **options: Any) -> Stream:
        """Return a stream of which half are first grades and half second ones."""
        start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
        return cls(count, max(1, count // 2), start, **options)

    @classmethod
    def of_first_grades(cls, count: int) -> Stream:
        """Return a stream in which each grade is of another learner."""
        return cls(count, count, datetime.now(UTC))

    def __iter__(self) -> Iterator[Grade]:
        return map(self.grade, range(self.count))

    def grade(self, number: int) -> Grade:
        """Return a grade by its number, which is below ``count``."""
        learner, lap = self._learner(number), number // self.learners
        hundredths = (learner * 7 + lap * 50) % 100 + 1
        return Grade(learner, hundredths, self.start + timedelta(milliseconds=number))

    def rows(self) -> dict[int, Row]:
        """Return what the table has to hold at the end, by learner."""
        return {grade.learner: grade.row for grade in self}

    def _learner(self, number: int) -> int:
        if not self.filled:
            return number % self.learners + 1
        pair, is_first_grade = divmod(number, 2)
        if is_first_grade:
            return self.filled + pair + 1
        return pair * max(1, 2 * self.filled // self.count) % self.filled + 1


def warm_up(count: int) -> list[Grade]:
    """Return grades that let a contestant make its caches and connections."""
    now = datetime.now(UTC)
    return [Grade(WARM + number, number % 100 + 1, now) for number in range(count)]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A message ready for any topic, but for the headers of its moment."""

    key: bytes
    value: bytes


class Encoder:
    """Writes grades as the stock producer does, with the schemas that it registers first."""

    def __init__(self) -> None:
        from confluent_kafka.serialization import MessageField, SerializationContext
        from edx_event_bus_kafka.internal.producer import get_serializers
        from opaque_keys.edx.keys import CourseKey
        from openedx_events.data import EventsMetadata
        from openedx_events.event_bus.avro.serializer import AvroSignalSerializer

        from shared.cloudevents import headers_of
        from shared.events.learning.data import CourseGradeData
        from shared.events.learning.signals import COURSE_GRADE_CHANGED

        of_key, of_value = get_serializers(COURSE_GRADE_CHANGED, "grade.user_id")
        said = CourseGradeData(
            user_id=1,
            username="",
            course_key=CourseKey.from_string(COURSE),
            percent_grade=0.0,
            letter_grade="",
            passed=False,
            attempted=True,
            verified=True,
        )
        key = of_key(1, SerializationContext(TOPIC, MessageField.KEY))
        value = of_value({"grade": said}, SerializationContext(TOPIC, MessageField.VALUE))
        self._prefixes = key[:5], value[:5]
        schema = AvroSignalSerializer(COURSE_GRADE_CHANGED).schema
        self._schema = fastavro.parse_schema(schema)
        self._key_schema = fastavro.parse_schema({"type": "long"})
        metadata = EventsMetadata(event_type=COURSE_GRADE_CHANGED.event_type)
        known = ("ce_id", "ce_time")
        self._headers: Headers = [(k, v) for k, v in headers_of(metadata) if k not in known]

    def encode(self, grade: Grade) -> Encoded:
        """Return a grade's key and value."""
        key_prefix, value_prefix = self._prefixes
        data = {
            "user_id": grade.learner,
            "username": grade.username,
            "course_key": COURSE,
            "percent_grade": grade.percent,
            "letter_grade": grade.letter,
            "passed": grade.passed,
            "attempted": True,
            "verified": True,
            "deadline": None,
        }
        return Encoded(
            _written(key_prefix, self._key_schema, grade.learner),
            _written(value_prefix, self._schema, {"grade": data}),
        )

    def headers(self, time: datetime) -> Headers:
        """Return the headers of an event of this moment."""
        moment: Headers = [("ce_id", str(uuid4()).encode()), ("ce_time", time.isoformat().encode())]
        return [*self._headers, *moment]


def _written(prefix: bytes, schema: Any, data: Any) -> bytes:
    buffer = BytesIO(prefix)
    buffer.seek(len(prefix))
    fastavro.schemaless_writer(buffer, schema, data)
    return buffer.getvalue()
