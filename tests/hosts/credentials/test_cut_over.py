"""The bus in shadow beside REST, and the report on which a squad cuts over."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from shared import shadow
from shared.batches import Batch
from shared.consumer import Room
from shared.messages import Event
from shared.modes import shadow_name
from tests.hosts.credentials.calls import post_grade
from tests.hosts.credentials.rows import at, columns, grade, make_run


@pytest.fixture
def keep(room: Room, settings: Any, site: Any) -> Callable[..., None]:
    """Put the room into shadow; returns what lets it keep events."""
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"MODES": {"user-grades": "shadow"}}

    def keep(*events: Event) -> None:
        narrowed = Room(shadow_name(room), room.consumers)
        batch = Batch(room=narrowed, group="shadow", worker="tests", arrivals=events)
        shadow.keep(batch, now=at(60))

    return keep


def report(room: Room, *, is_good: bool) -> dict[str, Any]:
    """Return what the report says of the grades, and see how it ends."""
    stream = StringIO()
    if is_good:
        call_command("shadow_report", room.name, "--json", stdout=stream)
    else:
        with pytest.raises(SystemExit, match=r"^1$"):
            call_command("shadow_report", room.name, "--json", stdout=stream)
    (grades,) = json.loads(stream.getvalue())["consumers"]
    found: dict[str, Any] = grades
    return found


@pytest.mark.parametrize("is_rest_first", [True, False])
def test_rest_and_the_bus_agree_once_both_have_told(run, room, keep, is_rest_first):
    """Whichever is the first; the shadow writes nothing to Credentials."""
    values: dict[str, Any] = {
        "letter_grade": "A",
        "percent_grade": "0.95",
        "lms_last_updated_at": at(2),
    }
    steps = [
        lambda: post_grade(run, **values),
        lambda: keep(grade(2, letter_grade="A", percent_grade=0.95)),
    ]
    post_grade(run, letter_grade="B", percent_grade="0.87", lms_last_updated_at=at(1))
    keep(grade(1, letter_grade="B", percent_grade=0.87))
    assert report(room, is_good=True)["agree"] == 1
    first, second = steps if is_rest_first else reversed(steps)
    first()
    found = report(room, is_good=False)
    assert found["fields"] == {"letter_grade": 1, "percent_grade": 1}
    second()
    before = columns()
    assert report(room, is_good=True)["agree"] == 1
    assert columns() == before


def test_grade_that_is_missing_and_grade_that_is_not_wanted(run, site, room, keep):
    """A run outside of all programs gets no grade; that is told apart from one that REST lacks."""
    other = make_run(site, key="course-v1:edX+Tests+2027")
    keep(grade(1), grade(1, course_key=other.key))
    found = report(room, is_good=False)
    assert (found["records"], found["missing"], found["unwanted"]) == (2, 1, 1)


def test_username_is_in_no_report(run, room, keep):
    """It is neither compared nor shown: Credentials finds the row by it."""
    post_grade(run, letter_grade="A")
    keep(grade(1, letter_grade="B"))
    found = report(room, is_good=False)
    assert found["examples"][0]["what"] == "letter_grade"
    assert "learner-7" not in json.dumps(found)
