"""What looks odd and is sound is taken; what isn't wanted is not looked into."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from credentials_grades_sync.standalone.models import UserGrade
from shared.models import DeadLetter
from shared.outcomes import Outcome
from tests.credentials_grades_sync.damage import (
    Make,
    course_field,
    field,
    grade,
    header,
    leave_out,
    retype,
    settle_between,
    summary_field,
    written_with,
)
from tests.wire import NOW, with_header

pytestmark = pytest.mark.django_db

# Each with the reason why it is taken.
ACCEPTED: dict[str, Make] = {
    "a CCX key is the key of a course run": field("course_key", "ccx-v1:edX+Tests+2026+ccx@1"),
    "an old-style key is the key of a course run": field("course_key", "edX/Tests/2026"),
    "a course key that fills its column": field("course_key", f"course-v1:edX+{'x' * 236}+2026"),
    "a letter is empty while failing": field("letter_grade", ""),
    "a letter that fills its column": field("letter_grade", "A" * 255),
    "a username that fills its column": field("username", "x" * 150),
    "minus zero is zero": field("percent_grade", -0.0),
    "a percent too small to show": field("percent_grade", 5e-324),
    "the largest user id that Avro and a BIGINT hold": field("user_id", 2**63 - 1),
    "a naive deadline: the row has no deadline": field("deadline", "2026-03-04T05:06:07"),
    "a naive passed_timestamp: the row has none": summary_field("passed_timestamp", "2026-03-04"),
    "a time within the clock skew": lambda wire: grade(wire, time=NOW + timedelta(seconds=299)),
    "a time long ago is older than everything": lambda wire: grade(
        wire, time=datetime(1970, 1, 1, tzinfo=UTC)
    ),
    "year 1 is a time, too": header("ce_time", b"0001-01-01T00:00:00+00:00"),
    "a header that nobody reads": header("x-trace", b"\xff\xfe"),
    "no ce_source: upstream has a default": header("ce_source"),
    "no ce_minorversion: upstream has a default": header("ce_minorversion"),
    "no key: the broker's partition is what counts": lambda wire: replace(grade(wire), key=None),
    "a garbled key: nobody reads it": lambda wire: replace(grade(wire), key=b"\xff\x00\xff"),
    "a newer writer's field, which isn't ours": written_with(
        lambda fields: [*fields, {"name": "colour", "type": "string"}], colour="blue"
    ),
    "an older writer, without the optional field": written_with(leave_out("deadline")),
    "a writer whose numbers are narrower": written_with(retype("user_id", "int")),
}

UNWANTED: dict[str, tuple[Make, Outcome]] = {
    "a type that nobody knows": (header("ce_type", b"org.openedx.\0.v9"), Outcome.IGNORED),
    "a type that the room doesn't consume": (
        header("ce_type", b"org.openedx.learning.student.registration.completed.v1"),
        Outcome.IGNORED,
    ),
    "an ignored type's other headers and bytes": (
        lambda wire: replace(
            with_header(header("ce_type", b"org.openedx.x.v1")(wire), "ce_time"), value=None
        ),
        Outcome.IGNORED,
    ),
    "a grade of a library": (
        field("course_key", "library-v1:edX+Tests"),
        Outcome.FILTERED,
    ),
    "a summary of a library": (
        course_field("course_key", "library-v1:edX+Tests"),
        Outcome.FILTERED,
    ),
    "a bad value of a grade that isn't wanted": (
        lambda wire: grade(wire, attempted=False, percent_grade=float("nan")),
        Outcome.FILTERED,
    ),
}


@pytest.mark.parametrize("make", ACCEPTED.values(), ids=ACCEPTED)
def test_what_looks_odd_and_is_sound_is_accepted(wire, room, make):
    """It becomes a row like any other."""
    message = make(wire)
    assert settle_between(wire, room, message).outcome is Outcome.APPLIED
    assert not DeadLetter.objects.exists()
    assert UserGrade.objects.count() == 3


@pytest.mark.parametrize(("make", "outcome"), UNWANTED.values(), ids=UNWANTED)
def test_what_is_not_wanted_is_not_looked_into(wire, room, make, outcome):
    """It ends without a dead letter, whatever it holds."""
    assert settle_between(wire, room, make(wire)).outcome is outcome
    assert not DeadLetter.objects.exists()


@pytest.mark.parametrize(
    "text", ["2026-03-04T10:36:07+05:30", "2026-03-04T05:06:07Z", "20260304T050607Z"]
)
def test_time_of_another_zone_is_converted(wire, room, text):
    """The same moment is the same moment in any zone and notation."""
    wire.take(room, [header("ce_time", text.encode())(wire)])
    assert UserGrade.objects.get().graded_at == NOW


def test_minus_zero_is_stored_as_zero(wire, room):
    """A grade of minus zero is a grade of zero."""
    wire.take(room, [field("percent_grade", -0.0)(wire)])
    assert UserGrade.objects.get().percent_grade == Decimal(0)
