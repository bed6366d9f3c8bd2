"""A person's data stay in the bytes of what is kept: no log and no other text has them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.messages import Message
from shared.models import DeadLetter, ParkedEvent, ShadowFailure
from shared.outcomes import Outcome
from tests.contract.bench import Bench
from tests.contract.catalogue import each_sample
from tests.contract.damage import MARKER, YEAR
from tests.contract.fields import fields_of
from tests.wire import NOW, with_header

pytestmark = pytest.mark.django_db

ORPHAN = 9
"""A row whose parents aren't there, if it has any."""


def told(bench: Bench, path: str) -> Iterator[Message]:
    """Yield events with the marker in one field, sound for some fields and bad for others."""
    for text in (
        MARKER,
        MARKER * 40,
        f"{MARKER}\0",
        f"course-v1:{MARKER}+{'x' * 250}+1",
        f"lib:{MARKER}:x",
        f"{MARKER}@example.com",
        f"{MARKER}@example",
    ):
        yield bench.event(ORPHAN, edits={path: text})
        # Backwards, so that rows with the marker take steps that nobody expects.
        for state in reversed(range(len(bench.sample.changes) + 1)):
            yield bench.event(state=state, edits={path: text})


def damaged(bench: Bench, path: str) -> Iterator[Message]:
    """Yield events with the marker in one field that are dead whatever the field."""
    edits = {path: MARKER}
    yield bench.event(time=NOW + YEAR, edits=edits)
    yield with_header(bench.event(edits=edits), "ce_time")
    yield with_header(bench.event(edits=edits), "ce_time", b"soon")
    for change in (lambda old: old[5:], lambda old: old[:-1], lambda old: old + b"\1"):
        message = bench.event(edits=edits)
        yield replace(message, value=change(message.value or b""))
    for bad in bench.sample.bad.values():
        if bad.path != path:
            yield bench.event(edits={bad.path: bad.value, **edits})


@each_sample
def test_no_log_and_no_text_of_what_is_kept_holds_a_payload(bench, sample, caplog):
    """What any text field says is in the bytes, and nowhere else that a person reads."""
    paths = [field.path for field in fields_of(sample.signal) if field.type == "string"]
    doomed = [message for path in paths for message in damaged(bench, path)]
    messages = [*(message for path in paths for message in told(bench, path)), *doomed]
    for logger in ("", "shared", "django", sample.room.name):
        caplog.set_level(logging.DEBUG, logger=logger)
    endings = bench.wire.take(sample.room, messages).endings
    dead = [ending.message for ending in endings if ending.outcome is Outcome.DEAD]
    assert set(doomed) < set(dead)
    assert len(caplog.records) >= len(dead)
    assert MARKER not in caplog.text.lower()
    assert not [record for record in caplog.records if MARKER in str(vars(record)).lower()]
    letters = DeadLetter.objects.all()
    assert {letter.message for letter in letters} == set(dead)
    for each in (*letters, *ParkedEvent.objects.all()):
        shown = {k: v for k, v in vars(each).items() if k not in ("value", "_state")}
        assert MARKER not in str(shown).lower()


@each_sample
def test_no_log_and_no_failure_of_a_shadow_holds_a_payload(bench, sample, caplog):
    """The shadow keeps what rows would say in its records, and nowhere else."""
    paths = [field.path for field in fields_of(sample.signal) if field.type == "string"]
    messages = [
        message for path in paths for ways in (told, damaged) for message in ways(bench, path)
    ]
    for logger in ("", "shared", "django", sample.room.name):
        caplog.set_level(logging.DEBUG, logger=logger)
    endings = bench.wire.keep(sample.room, messages).endings
    dead = {ending.message.place for ending in endings if ending.outcome is Outcome.DEAD}
    assert MARKER not in caplog.text.lower()
    failures = ShadowFailure.objects.all()
    assert {failure.place for failure in failures} == dead
    assert not [failure for failure in failures if MARKER in str(vars(failure)).lower()]
