"""What a course event says becomes a record, or names the field that it can't be."""

from __future__ import annotations

import logging
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone

import pytest
from opaque_keys.edx.keys import CourseKey
from openedx_events.content_authoring.signals import COURSE_CATALOG_INFO_CHANGED, COURSE_CREATED
from openedx_events.data import EventsMetadata

from discovery_course_run_sync import mappers
from discovery_course_run_sync.records import CourseRunRecord, Pacing
from discovery_course_run_sync.standalone.models import CourseRun
from shared.exceptions import UnmappableEvent
from shared.records import fold_key, layout_of
from shared.testing.factories.content_authoring import (
    CourseCatalogFactory,
    CourseFactory,
    CourseScheduleFactory,
)

CHANGED = EventsMetadata(event_type=COURSE_CATALOG_INFO_CHANGED.event_type)
CREATED = EventsMetadata(event_type=COURSE_CREATED.event_type)
KEY = CourseKey.from_string("course-v1:edX+Tests+2026")
LIBRARY = CourseKey.from_string("library-v1:edX+Tests")
LONG = CourseKey.from_string(f"course-v1:edX+{'x' * 240}+2026")
NAIVE = datetime(2026, 2, 1)
EAST, WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
DATES = ("start", "end", "enrollment_start", "enrollment_end")


def from_catalogue(**changes):
    """Map the catalogue event of a course run."""
    info = CourseCatalogFactory(**{"course_key": KEY} | changes)
    return mappers.from_catalog_info({"catalog_info": info}, CHANGED)


def scheduled(**changes):
    """Map a catalogue event with another schedule."""
    return from_catalogue(schedule_data=CourseScheduleFactory(**changes))


def from_course(key=KEY):
    """Map an event that says that a course run is there."""
    return mappers.from_course({"course": CourseFactory(course_key=key)}, CREATED)


def field_of(map_event, **changes):
    """Return the field that the mapper names, and what is wrong with it."""
    with pytest.raises(UnmappableEvent) as raised:
        map_event(**changes)
    return raised.value.field, raised.value.problem


# ------------------------------------------------------------------ whole records


def test_catalogue_event_is_mapped_whole():
    """Every column has its value."""
    assert from_catalogue(name="Testing", hidden=True, invitation_only=True) == CourseRunRecord(
        course_key="course-v1:edX+Tests+2026",
        org="edX",
        number="Tests",
        run="2026",
        title="Testing",
        start=datetime(2026, 3, 1, tzinfo=UTC),
        end=datetime(2026, 6, 1, tzinfo=UTC),
        enrollment_start=datetime(2026, 1, 1, tzinfo=UTC),
        enrollment_end=datetime(2026, 4, 1, tzinfo=UTC),
        pacing_type=Pacing.INSTRUCTOR,
        hidden=True,
        invitation_only=True,
    )


def test_created_course_run_has_a_key_and_nothing_else():
    """Its event knows no more."""
    assert from_course() == CourseRunRecord(
        course_key="course-v1:edX+Tests+2026",
        org="edX",
        number="Tests",
        run="2026",
        title="",
        start=None,
        end=None,
        enrollment_start=None,
        enrollment_end=None,
        pacing_type=Pacing.UNKNOWN,
        hidden=False,
        invitation_only=False,
    )


def test_deprecated_key_has_the_same_parts():
    """Organization, number and run are told apart in the old form, too."""
    record = from_course(CourseKey.from_string("edX/Tests/2026"))
    assert (record.course_key, record.org, record.number, record.run) == (
        "edX/Tests/2026",
        "edX",
        "Tests",
        "2026",
    )


def test_both_kinds_of_event_name_the_same_row():
    """The course key is what all of them know."""
    assert from_catalogue().key == from_course().key


def test_spelling_of_a_course_key_does_not_make_another_row():
    """Case is kept as given, and doesn't tell two runs apart."""
    other = from_course(CourseKey.from_string("course-v1:EDX+tests+2026"))
    assert (other.course_key, other.org) == ("course-v1:EDX+tests+2026", "EDX")
    assert fold_key(other.key) == fold_key(from_catalogue().key)


def test_every_field_is_part_of_the_state():
    """None is only observed, none is known to some events only."""
    layout = layout_of(from_course())
    assert layout.plain == tuple(field.name for field in fields(CourseRunRecord))


def test_every_field_has_its_column():
    """A record says what all columns of the room's own table shall say."""
    columns = {field.name for field in CourseRun._meta.concrete_fields}
    kept = {"id", "sync_key", "position", "created", "modified"}
    assert {field.name for field in fields(CourseRunRecord)} == columns - kept


# ------------------------------------------------------------------ keys and titles


@pytest.mark.parametrize("key", [LIBRARY, LONG], ids=["library", "long"])
def test_bad_course_key_is_named(key):
    """Each event names its own path."""
    assert field_of(from_catalogue, course_key=key)[0] == "catalog_info.course_key"
    assert field_of(from_course, key=key)[0] == "course.course_key"


@pytest.mark.parametrize("title", ["", " ", "x" * 255, "\U0001f393" * 255])
def test_title_that_fits_is_kept(title):
    """Characters are counted, not bytes; a run may have no title yet."""
    assert from_catalogue(name=title).title == title


@pytest.mark.parametrize(
    ("title", "problem"),
    [("x" * 256, "is longer than 255 characters"), ("Tests\0", "contains a NUL character")],
)
def test_title_that_does_not_fit_is_named(title, problem):
    """Nothing is cut off: whose title ends in the middle of a word is worse off."""
    assert field_of(from_catalogue, name=title) == ("catalog_info.name", problem)


# ------------------------------------------------------------------ dates


def test_dates_are_in_utc():
    """An event may tell them in another time zone."""
    start = datetime(2026, 3, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    stored = scheduled(start=start).start
    assert (stored, stored.tzinfo) == (datetime(2026, 3, 1, tzinfo=UTC), UTC)


@pytest.mark.parametrize("date", ["end", "enrollment_start", "enrollment_end"])
def test_optional_date_may_be_missing(date):
    """Then the column is empty, whatever it was before; the other dates stay."""
    record = scheduled(**{date: None})
    assert {name for name in DATES if getattr(record, name) is None} == {date}


@pytest.mark.parametrize("date", DATES)
def test_naive_date_is_named(date):
    """It travels through Avro unchanged, and could be any of many times."""
    named = (f"catalog_info.schedule_data.{date}", "has no time zone")
    assert field_of(scheduled, **{date: NAIVE}) == named


@pytest.mark.parametrize("date", DATES)
@pytest.mark.parametrize(
    "time",
    [datetime.min.replace(tzinfo=EAST), datetime.max.replace(tzinfo=WEST)],
    ids=["before year 1", "after year 9999"],
)
def test_date_out_of_range_in_utc_is_named(date, time):
    """It is a time where it was written, and none where it is stored."""
    named = (f"catalog_info.schedule_data.{date}", "is out of range in UTC")
    assert field_of(scheduled, **{date: time}) == named


def test_extremes_that_are_times_are_kept():
    """The first and the last time there are, in UTC."""
    first, last = (time.replace(tzinfo=UTC) for time in (datetime.min, datetime.max))
    record = scheduled(start=first, enrollment_start=first, end=last, enrollment_end=last)
    assert {record.start, record.enrollment_start} == {first}
    assert {record.end, record.enrollment_end} == {last}


@pytest.mark.parametrize(
    ("end", "start"), [("end", "start"), ("enrollment_end", "enrollment_start")]
)
def test_end_before_its_start_is_named(end, start):
    """By a microsecond is enough, and both names are told."""
    time = datetime(2026, 2, 1, tzinfo=UTC)
    named = (f"catalog_info.schedule_data.{end}", f"is before {start}")
    assert field_of(scheduled, **{start: time, end: time - timedelta(microseconds=1)}) == named


@pytest.mark.parametrize(
    ("end", "start"), [("end", "start"), ("enrollment_end", "enrollment_start")]
)
def test_end_at_its_start_is_kept(end, start):
    """A run may be over when it begins: who sets both dates at once means something."""
    time = datetime(2026, 2, 1, tzinfo=UTC)
    record = scheduled(**{start: time, end: time.astimezone(EAST)})
    assert getattr(record, start) == getattr(record, end) == time


def test_end_without_a_start_is_kept():
    """Enrollment may have an end and no start; a run's start is never missing."""
    record = scheduled(enrollment_start=None)
    assert record.enrollment_end == datetime(2026, 4, 1, tzinfo=UTC)


def test_enrollment_may_end_after_the_run_and_start_after_it():
    """Odd, and Studio lets authors do it: nothing is decided here that Studio doesn't decide."""
    later = datetime(2027, 1, 1, tzinfo=UTC)
    record = scheduled(enrollment_start=later, enrollment_end=later)
    assert record.enrollment_start == later > record.end


# ------------------------------------------------------------------ pacing


@pytest.mark.parametrize(
    ("pacing", "stored"), [("instructor", "instructor_paced"), ("self", "self_paced")]
)
def test_pacing_is_in_discoverys_words(pacing, stored, caplog):
    """Studio's two words are mapped, and nobody is told."""
    assert scheduled(pacing=pacing).pacing_type == stored
    assert caplog.records == []


@pytest.mark.parametrize(
    ("pacing", "stored"),
    [
        ("instructor,", "instructor_paced"),
        ("Instructor", "instructor_paced"),
        ("INSTRUCTOR", "instructor_paced"),
        ("Instructor-Paced", "instructor_paced"),
        ("instructor_paced", "instructor_paced"),
        ("instructor_paced,", "instructor_paced"),
        ("SELF", "self_paced"),
        ("Self", "self_paced"),
        ("self,", "self_paced"),
        ("self-paced", "self_paced"),
        ("Self-Paced", "self_paced"),
        ("SELF_PACED", "self_paced"),
    ],
)
def test_odd_spelling_of_a_pacing_is_mapped_and_told(pacing, stored, caplog):
    """As Discovery's own samples spell it; the log has the event's id, the field and the result."""
    assert scheduled(pacing=pacing).pacing_type == stored
    [record] = caplog.records
    assert (record.levelno, record.action) == (logging.WARNING, "value.corrected")
    assert record.fields == {
        "event_id": CHANGED.id,
        "field": "catalog_info.schedule_data.pacing",
        "to": stored,
    }


@pytest.mark.parametrize(
    "pacing",
    [
        "",
        " ",
        ",",
        "-paced",
        "paced",
        "self ",
        " self",
        "self\n",
        "self,,",
        "self paced",
        "self-paced-paced",
        "self_paced-paced",
        "instructors",
        "instructor,self",
        "\u017felf",
        "self\0",
        "cohort",
        "x" * 10_000,
    ],
)
def test_other_pacing_is_named(pacing):
    """Nobody can tell what was meant."""
    named = ("catalog_info.schedule_data.pacing", "is none of instructor, self")
    assert field_of(scheduled, pacing=pacing) == named


def test_unknown_pacing_is_for_runs_that_were_only_created():
    """No catalogue event leads there, whatever the column could hold."""
    assert Pacing.UNKNOWN not in mappers.PACINGS.values()
    assert from_course().pacing_type == Pacing.UNKNOWN
