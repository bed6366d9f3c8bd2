"""What mappers are made of takes what fits its column and names the field of the rest."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opaque_keys.edx.keys import CourseKey

from shared import values
from shared.exceptions import UnmappableEvent

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("value", ["x", "x" * 10, "\U0001f393" * 10, " "])
def test_text_that_fits_is_kept(value):
    """Its length counts in characters, not in bytes."""
    assert values.text(value, "a.b", max_length=10) == value


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "is empty"),
        ("x" * 11, "is longer than 10 characters"),
        ("x\0", "contains a NUL character"),
    ],
)
def test_text_that_does_not_fit_is_named(value, problem):
    """The error has the field and the problem, and not the text."""
    with pytest.raises(UnmappableEvent) as raised:
        values.text(value, "a.b", max_length=10)
    assert (raised.value.field, raised.value.problem) == ("a.b", problem)
    assert str(raised.value) == f"a.b: {problem}"


def test_text_may_be_blank_where_that_means_something():
    """A column that may be blank takes the empty text."""
    assert values.text("", "a.b", max_length=10, blank=True) == ""


@pytest.mark.parametrize("value", [1, 2**63 - 1])
def test_id_that_fits_is_kept(value):
    """From 1 up to what a BIGINT holds."""
    assert values.positive_id(value, "a.id") == value


@pytest.mark.parametrize("value", [0, -1, -(2**63), 2**63, 2**70])
def test_id_that_does_not_fit_is_named(value):
    """None of these is the id of a row."""
    with pytest.raises(UnmappableEvent, match=r"^a\.id: is not a positive 64-bit number$"):
        values.positive_id(value, "a.id")


@pytest.mark.parametrize("value", [0, 1, 2**31 - 1])
def test_count_that_fits_is_kept(value):
    """None is a number of things, too."""
    assert values.count(value, "a.count") == value


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (-1, "is below 0"),
        (-(2**63), "is below 0"),
        (2**31, "is above 2147483647"),
        (2**63 - 1, "is above 2147483647"),
    ],
)
def test_count_that_does_not_fit_is_named(value, problem):
    """An Avro long holds more than a PositiveIntegerField, and less than nothing."""
    with pytest.raises(UnmappableEvent) as raised:
        values.count(value, "a.count")
    assert (raised.value.field, raised.value.problem) == ("a.count", problem)


@pytest.mark.parametrize("known", [("on", "off"), {"on": 1, "off": 2}, iter(["on", "off"])])
def test_known_value_is_kept(known):
    """Whatever holds the known ones."""
    assert values.one_of("off", "a.b", known) == "off"


@pytest.mark.parametrize("value", ["", "ON", "on ", "o", "on\0", "x" * 10_000])
def test_unknown_value_is_named_with_the_known_ones(value):
    """The error says what was to be expected, and not what came."""
    with pytest.raises(UnmappableEvent) as raised:
        values.one_of(value, "a.b", iter(["on", "off"]))
    assert str(raised.value) == "a.b: is none of on, off"


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("Ada.Lovelace@Example.ORG", "ada.lovelace@example.org"),
        ("a+b@example.org", "a+b@example.org"),
        ('"A"@example.org', '"a"@example.org'),
        (f"{'X' * 64}@{'y' * 63}.{'y' * 63}.org", f"{'x' * 64}@{'y' * 63}.{'y' * 63}.org"),
    ],
)
def test_email_is_in_lower_case(value, stored):
    """Two that differ in case only are the same."""
    assert values.email(value, "a.email") == stored


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "is empty"),
        ("ada", "is not an email address"),
        ("ada@", "is not an email address"),
        (" ada@example.org", "is not an email address"),
        ("ada@example.org\n", "is not an email address"),
        ("ada@example.org, bob@example.org", "is not an email address"),
        ("ada\0@example.org", "contains a NUL character"),
        (f"{'x' * 243}@example.org", "is longer than 254 characters"),
        # Fits, and wouldn't in lower case.
        ("a@" + ("\u0130" * 60 + ".") * 4 + "org", "is longer than 254 characters"),
    ],
)
def test_what_is_no_email_is_named(value, problem):
    """The error doesn't have the address, nor does what it was raised from reach a dead letter."""
    with pytest.raises(UnmappableEvent) as raised:
        values.email(value, "a.email")
    assert str(raised.value) == f"a.email: {problem}"


@pytest.mark.parametrize("hours", [-12, -5, 0, 5.5, 14])
def test_moment_is_in_utc(hours):
    """The same time, whatever the time zone."""
    moment = values.moment(NOON.astimezone(timezone(timedelta(hours=hours))), "a.at")
    assert (moment, moment.tzinfo) == (NOON, UTC)


@pytest.mark.parametrize("value", [datetime.min, NOON.replace(tzinfo=None), datetime.max])
def test_moment_without_a_time_zone_is_named(value):
    """Nobody can tell which time was meant."""
    with pytest.raises(UnmappableEvent, match=r"^a\.at: has no time zone$"):
        values.moment(value, "a.at")


@pytest.mark.parametrize(
    "value",
    [
        datetime.min.replace(tzinfo=timezone(timedelta(minutes=1))),
        datetime.max.replace(tzinfo=timezone(-timedelta(minutes=1))),
    ],
)
def test_moment_that_utc_has_not_is_named(value):
    """A time of the year 0 or 10000 can't be stored."""
    with pytest.raises(UnmappableEvent, match=r"^a\.at: is out of range in UTC$"):
        values.moment(value, "a.at")


@pytest.mark.parametrize("end", [None, NOON, NOON + timedelta(microseconds=1)])
@pytest.mark.parametrize("start", [None, NOON])
def test_end_that_is_not_before_its_start_is_kept(start, end):
    """Where either is missing there is nothing to compare."""
    assert values.not_before(end, start, "a.end", "start") == end


def test_end_before_its_start_is_named():
    """The error names both, and neither of the times."""
    with pytest.raises(UnmappableEvent) as raised:
        values.not_before(NOON - timedelta(microseconds=1), NOON, "a.end", "start")
    assert str(raised.value) == "a.end: is before start"


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (0.0, "0.0000"),
        (-0.0, "0.0000"),
        (1.0, "1.0000"),
        (1, "1.0000"),
        (0.7, "0.7000"),
        (0.1 + 0.2, "0.3000"),
        (0.12344, "0.1234"),
        (0.12345, "0.1234"),  # half to even: down
        (0.12355, "0.1236"),  # half to even: up
        (0.00005, "0.0000"),
        (0.00015, "0.0002"),
        (0.99994, "0.9999"),
        (0.99995, "1.0000"),
        (1e-7, "0.0000"),
        (5e-324, "0.0000"),
        (math.nextafter(1, 0), "1.0000"),
        (Decimal("0.7"), "0.7000"),
    ],
)
def test_fraction_is_rounded_by_its_decimal_digits(value, stored):
    """What a person reads is what is rounded; the text shows the sign and every place."""
    assert str(values.fraction(value, "a.b", places=4)) == stored


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (math.nan, "is not a finite number"),
        (math.inf, "is not a finite number"),
        (-math.inf, "is not a finite number"),
        (-1e-9, "is not between 0 and 1"),
        (math.nextafter(1, 2), "is not between 0 and 1"),
        (9.99995, "is not between 0 and 1"),
        (1e308, "is not between 0 and 1"),
    ],
)
def test_fraction_out_of_range_is_named(value, problem):
    """Nothing is clipped: who says 1.2 meant something else."""
    with pytest.raises(UnmappableEvent) as raised:
        values.fraction(value, "a.b", places=4)
    assert str(raised.value) == f"a.b: {problem}"


@settings(derandomize=True, deadline=None)
@given(st.floats(0, 1))
def test_every_fraction_fits_its_column(value):
    """At most half a place is lost, and the column's digits suffice."""
    stored = values.fraction(value, "a.b", places=4)
    assert 0 <= stored <= 1
    assert stored.as_tuple().exponent == -4
    assert abs(float(stored) - value) <= 0.00005 + 1e-12


@pytest.mark.parametrize(
    "text",
    [
        "course-v1:edX+Tests+2026",
        "edX/Tests/2026",
        "ccx-v1:edX+Tests+2026+ccx@1",
        "course-v1:\u00e9dX+Tests+2026",
        f"course-v1:edX+{'x' * 236}+2026",
    ],
)
def test_key_of_a_course_run_is_its_text(text):
    """New, old-style and CCX keys keep their spelling."""
    assert values.course_run_key(CourseKey.from_string(text), "a.key") == text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("library-v1:edX+Tests", "is not the key of a course run"),
        ("course-v1:version@519665f6223ebd6980884f2b", "is not the key of a course run"),
        ("course-v1:edX+Tests+2026+branch@draft", "is not the key of a course run"),
        (
            "course-v1:edX+Tests+2026+version@519665f6223ebd6980884f2b",
            "is not the key of a course run",
        ),
        (f"course-v1:edX+{'x' * 237}+2026", "is longer than 255 characters"),
    ],
)
def test_other_key_is_named(text, problem):
    """A library has no runs, a branch or version is none, and a column holds so much."""
    with pytest.raises(UnmappableEvent) as raised:
        values.course_run_key(CourseKey.from_string(text), "a.key")
    assert str(raised.value) == f"a.key: {problem}"
