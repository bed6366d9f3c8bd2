"""A course run of the LMS's courses API becomes the row that its event would have made."""

from __future__ import annotations

from datetime import timedelta

import pytest

from discovery_course_run_sync.snapshots import COURSE_RUNS
from discovery_course_run_sync.standalone.models import CourseRun
from shared import registry
from shared.snapshots import Row
from shared.testing import deliver, make_event
from shared.testing.factories.content_authoring import CourseCatalogFactory, course_key
from tests.discovery_course_run_sync.samples import END, START
from tests.library import NOW
from tests.snapshots import backfill, reconcile, written

pytestmark = pytest.mark.django_db

ROOM = "discovery_course_run_sync"
TAKEN_AT = NOW - timedelta(minutes=10)
AS_OF = ("--as-of", TAKEN_AT.isoformat(), "--margin", "0")
NEEDED = (
    *("id", "name", "start", "end", "enrollment_start", "enrollment_end"),
    *("pacing", "hidden", "invitation_only"),
)


def row(**values):
    """Return a course run as the API has it, with some of what isn't read."""
    return {
        "id": str(course_key(1)),
        "course_id": str(course_key(1)),
        "name": "Tests",
        "start": START.isoformat().replace("+00:00", "Z"),
        "end": END.isoformat().replace("+00:00", "Z"),
        "enrollment_start": "2026-01-01T00:00:00Z",
        "enrollment_end": "2026-04-01T00:00:00Z",
        "pacing": "instructor",
        "hidden": False,
        "invitation_only": False,
        "org": "The display name of edX",
        "number": "Shown",
        "media": {},
        "mobile_available": False,
    } | values


def test_row_says_what_the_event_says():
    """Field by field; the key is that of the run, not what the API shows of it."""
    assert COURSE_RUNS.to_data(Row(row())) == {
        "catalog_info": CourseCatalogFactory(course_key=course_key(1))
    }


def test_row_becomes_a_row(tmp_path):
    """And agrees with it from then on."""
    bare = row(id=str(course_key(2)), end=None, enrollment_start=None, enrollment_end=None)
    source = ("--from", written(tmp_path / "rows", [row(), bare]))
    assert backfill(ROOM, *AS_OF, *source).status == 0
    assert CourseRun.objects.count() == 2
    assert reconcile(ROOM, *AS_OF, *source, "--complete").status == 0


@pytest.mark.parametrize("comes_first", ["event", "snapshot"])
@pytest.mark.parametrize(
    ("seconds", "title"), [(-1, "snapshot"), (1, "event")], ids=["snapshot", "event"]
)
def test_newer_state_wins(tmp_path, comes_first, seconds, title):
    """By when Studio edited it, and when the snapshot was taken."""
    room = registry.get_room(ROOM)
    event = make_event(
        COURSE_RUNS.signal,
        time=TAKEN_AT + timedelta(seconds=seconds),
        catalog_info=CourseCatalogFactory(course_key=course_key(1), name="event"),
    )
    source = ("--from", written(tmp_path / "rows", [row(name="snapshot")]))
    steps = [lambda: deliver(room, event), lambda: backfill(ROOM, *AS_OF, *source)]
    for step in steps if comes_first == "event" else reversed(steps):
        step()
    assert CourseRun.objects.get().title == title


@pytest.mark.parametrize("field", NEEDED)
def test_field_that_is_not_there_is_named(tmp_path, field):
    """Each is needed: the event would tell the whole catalogue."""
    values = row()
    del values[field]
    ended = backfill(ROOM, *AS_OF, "--from", written(tmp_path / "rows", [values]))
    assert (ended.status, ended.lines) == (1, [f"line 1: {field}: is not there"])
    assert not CourseRun.objects.exists()
