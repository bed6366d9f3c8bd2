"""``list_consumers``: what is installed, for people and for programs."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from shared.consumer import Room
from tests.grades import ROOM, TOPIC


def output(*arguments: str) -> str:
    """Return what the command prints."""
    stream = StringIO()
    call_command("list_consumers", *arguments, stdout=stream)
    return stream.getvalue()


def test_json(settings: Any) -> None:
    """Each consumer is an object with everything an operator may ask about."""
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"GROUPS": {ROOM: "grades-group"}}
    (grades,) = [each for each in json.loads(output("--json")) if each["room"] == ROOM]
    assert grades == {
        "room": ROOM,
        "consumer": "user-grades",
        "events": [
            "org.openedx.learning.course.grade.changed.v1",
            "org.openedx.learning.course.persistent_grade_summary.changed.v1",
        ],
        "topic": TOPIC,
        "group": "grades-group",
        "mode": "live",
        "carrier": "worker",
        "supersedes": [],
        "destination": settings.EVENT_SYNC["DESTINATIONS"]["user-grades"],
    }


def test_shadow(settings: Any) -> None:
    """A consumer in shadow is shown with the group that it is in."""
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"MODES": {"user-grades": "shadow"}}
    (grades,) = [each for each in json.loads(output("--json")) if each["room"] == ROOM]
    assert (grades["mode"], grades["group"]) == ("shadow", f"{ROOM}-shadow")


def test_table(library: Room) -> None:
    """The table names every room with its consumers, in full."""
    table = output()
    for name in (ROOM, "user-grades", TOPIC, library.name, "shelves", "books", *library.topics):
        assert name in table


def test_bad_setting(settings: Any) -> None:
    """A setting that can't be is one line with a hint."""
    settings.EVENT_SYNC = {"CARRIER": "pigeon"}
    with pytest.raises(CommandError, match=r"^Fatal: .*'CARRIER'\].* Hint: "):
        output()
