"""A snapshot of the LMS's courses is compared with, and brought into, Discovery's own rows."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tests.hosts.discovery.events import SAYS, SCHEDULE, published
from tests.hosts.discovery.rows import KEY, make_courses, make_run, model
from tests.snapshots import Ended, backfill, reconcile, written

pytestmark = pytest.mark.django_db

ROOM = "discovery_course_run_sync"


def row(**values: Any) -> dict[str, Any]:
    """Return the run as the courses API has it."""
    shown = {"id": KEY, "name": "Tests", "hidden": False, "invitation_only": False}
    text = json.dumps(shown | SCHEDULE | values, default=lambda each: each.isoformat())
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.fixture
def snapshot(tmp_path: Path, partner: Any) -> tuple[str, ...]:
    """The run, taken an hour ago, beside both of its rows with older values."""
    for course in make_courses(partner):
        make_run(course)
    taken_at = timezone.now() - timedelta(hours=1)
    return ROOM, "--from", written(tmp_path / "rows", [row()]), "--as-of", taken_at.isoformat()


def test_both_rows_are_repaired(snapshot, told):
    """By Discovery's own saves; afterwards they agree, and nothing is saved again."""
    ended = reconcile(*snapshot)
    assert (ended.status, ended.json["comparison"]["differ"]) == (1, 1)
    assert reconcile(*snapshot, "--repair", "--apply").json["outcomes"] == {"applied": 1}
    for saved in model("CourseRun").everything.values(*SAYS):
        assert saved == SAYS
    assert reconcile(*snapshot).status == 0
    assert backfill(*snapshot).json["outcomes"] == {"unchanged": 1}


@pytest.mark.parametrize(("hours", "title"), [(2, "Tests"), (0, "event")])
def test_newer_of_event_and_snapshot_wins(snapshot, send, told, hours, title):
    """Discovery's rows know no position; the room remembers it for them."""
    send(published(0, name="old"))
    time = timezone.now() - timedelta(hours=hours)
    later = int((time - published(0).metadata.time).total_seconds())
    send(published(later, name="event"))
    assert backfill(*snapshot).status == 0
    assert {run.title_override for run in model("CourseRun").everything.all()} == {title}


def test_rows_cannot_be_listed(snapshot):
    """Who asks for those that only Discovery has is told so."""
    ended = Ended("reconcile", *snapshot, "--complete")
    assert "--complete: the destination of course-runs can't list its rows" in ended.error
