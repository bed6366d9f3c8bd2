"""Each line has an action of the vocabulary and its fields, for people and for programs."""

from __future__ import annotations

import json
import logging

import pytest

from shared.logging import Action, JsonFormatter, Log

log = Log("shared.tests")


class Untouchable:
    """A value that must not be looked at."""

    def __str__(self) -> str:
        raise AssertionError("formatted for nobody")


@pytest.fixture
def lines(caplog):
    """The log's lines from INFO on."""
    caplog.set_level(logging.INFO, logger="shared.tests")
    return caplog


def test_line_is_an_action_and_its_fields(lines):
    """A person reads name=value; a handler finds both as attributes."""
    log.info(Action.BATCH_COMMITTED, room="r", size=3)
    (record,) = lines.records
    assert record.getMessage() == "batch.committed room=r size=3"
    assert (record.action, record.fields) == ("batch.committed", {"room": "r", "size": 3})
    assert (record.name, record.levelno) == ("shared.tests", logging.INFO)


def test_warning_is_a_warning(lines):
    """What a person may want to look at stands out."""
    log.warning(Action.EVENT_BURIED, place="t[0]@1")
    assert lines.records[0].levelno == logging.WARNING


def test_line_that_nobody_wants_costs_nothing(caplog):
    """Fields aren't made into text for a level that is off."""
    caplog.set_level(logging.ERROR, logger="shared.tests")
    log.warning(Action.EVENT_BURIED, place=Untouchable())
    assert not caplog.records


def test_percent_signs_are_text(lines):
    """A field that looks like a format is not one."""
    log.info(Action.EVENT_BURIED, event_id="%s%d%%")
    assert lines.records[0].getMessage() == "event.buried event_id=%s%d%%"


def test_json_line_is_one_object(lines):
    """A program gets every field by its name, whatever its type."""
    log.warning(Action.BATCH_WAITING, attempt=2, error=ValueError("two\nlines"), topics=["a"])
    line = JsonFormatter().format(lines.records[0])
    assert "\n" not in line
    found = json.loads(line)
    assert found.pop("time")
    assert found.pop("message").startswith("batch.waiting attempt=2")
    assert found == {
        "level": "WARNING",
        "logger": "shared.tests",
        "action": "batch.waiting",
        "attempt": 2,
        "error": "two\nlines",
        "topics": ["a"],
    }


def test_json_line_of_another_library(lines):
    """A record without an action is a line, too, its exception included."""
    try:
        raise ValueError("why")
    except ValueError:
        logging.getLogger("shared.tests").exception("went %s", "wrong")
    found = json.loads(JsonFormatter().format(lines.records[0]))
    assert (found["action"], found["message"]) == (None, "went wrong")
    assert found["exception"].endswith("ValueError: why")
