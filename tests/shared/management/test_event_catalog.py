"""``event_catalog``: which events there are, for people and for programs."""

from __future__ import annotations

import json
import re
from io import StringIO
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from shared.asyncapi import document
from shared.catalogue import catalogue
from shared.consumer import Room
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from tests.grades import ROOM, TOPIC

GRADE = COURSE_GRADE_CHANGED.event_type


def output(*arguments: str) -> str:
    """Return what the command prints."""
    stream = StringIO()
    call_command("event_catalog", *arguments, stdout=stream)
    return stream.getvalue()


def line_of(event_type: str) -> str:
    """Return an event's line of the table."""
    (line,) = [line for line in output().splitlines() if f" {event_type} " in line]
    return line


def test_json(settings: Any) -> None:
    """Each event is an object with everything that is known of it."""
    settings.EVENT_BUS_TOPIC_PREFIX = "prod"
    (grade,) = [each for each in json.loads(output("--json")) if each["event_type"] == GRADE]
    schema, fields = grade.pop("schema"), grade.pop("fields")
    assert schema["fields"][0]["name"] == "grade"
    assert fields[0] == {
        "path": "grade.user_id",
        "type": "long",
        "nullable": False,
        "record": "CourseGradeData",
    }
    assert grade == {
        "event_type": GRADE,
        "signal": "shared.events.learning.signals.COURSE_GRADE_CHANGED",
        "topic": TOPIC,
        "full_topic": f"prod-{TOPIC}",
        "key_field": "grade.user_id",
        "key_schema": {"name": "user_id", "type": "long"},
        "publishers": [{"service": "LMS", "package": f"{ROOM}.producers", "enabled": True}],
        "published_here": None,
        "consumers": [
            {
                "room": ROOM,
                "consumer": "user-grades",
                "mode": "live",
                "group": ROOM,
                "carrier": "worker",
                "destination": settings.EVENT_SYNC["DESTINATIONS"]["user-grades"],
            }
        ],
        "learner_fields": ["grade.user_id", "grade.username"],
        "golden_schema": f"shared/events/schemas/{GRADE}.avsc",
    }


def test_asyncapi(library: Room) -> None:
    """It is the document, as YAML without aliases."""
    text = output("--asyncapi")
    assert yaml.safe_load(text) == json.loads(json.dumps(document(catalogue())))
    assert "&id" not in text
    assert library.topics[0] in text


def test_table(settings: Any, library: Room) -> None:
    """A line has the event with its topic, key, publisher, consumer, schema, in full."""
    settings.EVENT_BUS_TOPIC_PREFIX = "prod"
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"MODES": {"user-grades": "shadow"}}
    line = line_of(GRADE)
    for text in (
        f"prod-{TOPIC}",
        "grade.user_id",
        "LMS ",
        f"user-grades (shadow, group {ROOM}-shadow)",
        " yes ",
        f"{GRADE}.avsc",
    ):
        assert text in line
    book = line_of("org.openedx.tests.book.changed.v1")
    assert "tests.testapp.events.BOOK_CHANGED" in book
    assert " no " in book


@pytest.mark.parametrize("width", [80, 150])
def test_table_is_whole_on_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """What doesn't fit into a column goes on below: two events never look like one."""
    monkeypatch.setenv("COLUMNS", str(width))
    stream = StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: True)
    call_command("event_catalog", stdout=stream, no_color=True)
    lines = re.sub(r"\x1b\[\d*m", "", stream.getvalue()).splitlines()
    assert max(map(len, lines)) <= width
    rows = [line.split("│")[1:-1] for line in lines if line.startswith("│")]
    columns = ["".join("".join(column).split()) for column in zip(*rows, strict=True)]
    for entry in catalogue():
        assert entry.full_topic in columns[0]
        assert entry.event_type in columns[1]
        assert entry.key_field in columns[2]


def test_table_says_what_is_off() -> None:
    """An event that nobody publishes until an operator turns it on isn't taken for one that is."""
    assert "LMS, off by default" in line_of(
        "org.openedx.learning.course.persistent_grade_summary.changed.v1"
    )


@pytest.mark.parametrize(("enabled", "text"), [(True, "on"), (False, "off")])
def test_table_says_what_this_service_publishes(settings: Any, enabled: bool, text: str) -> None:
    """By the settings in force, and only where they say anything."""
    assert "this service" not in output()
    config = {"event_key_field": "grade.user_id", "enabled": enabled}
    settings.EVENT_BUS_PRODUCER_CONFIG = {GRADE: {TOPIC: config}}
    assert f"this service, {text} " in output()


def test_no_group_is_made_up_for_a_stock_consumer(settings: Any) -> None:
    """Which group it joins is said where it is started, so the carrier is told instead."""
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"CARRIER": "signal"}
    assert "user-grades (live, carrier signal)" in line_of(GRADE)
    assert "`user-grades` (live, carrier signal)" in output("--markdown")
    (grade,) = [each for each in json.loads(output("--json")) if each["event_type"] == GRADE]
    assert grade["consumers"][0]["group"] is None
    assert "groupId" not in output("--asyncapi")


def test_markdown(settings: Any, library: Room) -> None:
    """A page has a section for each topic, a row for each event, and what an event holds."""
    settings.EVENT_BUS_TOPIC_PREFIX = "prod"
    lines = output("--markdown").splitlines()
    assert f"## `prod-{library.topics[0]}`" in lines
    assert (
        "| `BOOK_CHANGED` | `org.openedx.tests.book.changed.v1` | `book.code` |  | "
        f"`books` (live, `{library.name}`) | no |"
    ) in lines
    assert lines[lines.index("### `BookData`") + 2] == "Of `BOOK_CHANGED`."
    assert "| `book.price` | long |  |  |" in lines
    assert "| `license.user_email` | string | yes | yes |" in lines
    (grade,) = [line for line in lines if line.startswith("| `COURSE_GRADE_CHANGED` |")]
    assert f"[`{GRADE}`](../../shared/events/schemas/{GRADE}.avsc)" in grade
    assert any("| LMS (off) |" in line for line in lines)


def test_one_format() -> None:
    """Two at once are refused."""
    with pytest.raises(CommandError, match="not allowed with"):
        output("--json", "--asyncapi")


def test_bad_setting(settings: Any) -> None:
    """A setting that can't be is one line with a hint."""
    settings.EVENT_SYNC = {"CARRIER": "pigeon"}
    with pytest.raises(CommandError, match=r"^Fatal: .*'CARRIER'\].* Hint: "):
        output()
