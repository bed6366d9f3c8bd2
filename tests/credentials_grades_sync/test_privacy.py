"""A learner's data stays in the dead letter's bytes."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from shared.models import DeadLetter
from tests.credentials_grades_sync.damage import (
    YEAR,
    course_field,
    field,
    grade,
    summary_field,
)
from tests.wire import NOW, with_header

pytestmark = pytest.mark.django_db

MARKER = "dorothea"
"""A username that would be seen wherever it leaks."""

TEXTS = [
    field("username", MARKER * 20),
    field("username", f"{MARKER}\0"),
    field("letter_grade", MARKER * 40),
    field("course_key", MARKER),
    field("course_key", f"course-v1:{MARKER}+{'x' * 250}+1"),
    field("course_key", f"lib:{MARKER}:x"),
    field("deadline", MARKER),
    summary_field("letter_grade", f"{MARKER}\0"),
    summary_field("passed_timestamp", MARKER),
    summary_field("course_edited_timestamp", MARKER),
    course_field("course_key", MARKER),
    course_field("start", MARKER),
    lambda wire: replace(grade(wire), value=MARKER.encode()),
    lambda wire: replace(grade(wire), value=(grade(wire, username=MARKER).value or b"")[:-3]),
    lambda wire: replace(grade(wire), value=(grade(wire, username=MARKER).value or b"") + b"\1"),
    lambda wire: with_header(grade(wire, username=MARKER), "ce_time"),
    lambda wire: with_header(grade(wire, username=MARKER), "ce_time", b"soon"),
    lambda wire: grade(wire, username=MARKER, user_id=0),
    lambda wire: grade(wire, username=MARKER, percent_grade=2.0),
    lambda wire: grade(wire, username=MARKER, time=NOW + YEAR),
]


def test_no_log_and_no_text_of_a_dead_letter_holds_a_payload(wire, room, caplog):
    """A username is in the dead letter's bytes, and nowhere else that a person reads."""
    messages = [make(wire) for make in TEXTS]
    for logger in ("", "shared", "django"):
        caplog.set_level(logging.DEBUG, logger=logger)
    wire.take(room, [*messages, grade(wire, username=MARKER)])
    assert len(caplog.records) >= len(TEXTS)
    assert MARKER not in caplog.text
    assert not [record for record in caplog.records if MARKER in str(vars(record))]
    letters = DeadLetter.objects.all()
    assert len(letters) == len(TEXTS)
    for letter in letters:
        shown = {k: v for k, v in vars(letter).items() if k not in ("value", "_state")}
        assert MARKER not in str(shown)
        assert MARKER.encode() in (letter.message.value or b"")
