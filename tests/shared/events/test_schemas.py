"""What our events look like on the wire may change only in ways that everybody can read."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import fastavro
import pytest
from openedx_events.event_bus.avro.serializer import AvroSignalSerializer

from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.testing.factories import data_of
from tests.shared.events import golden
from tests.shared.events.changes import BREAKING, READABLE, field, mutated
from tests.shared.events.compatibility import incompatibilities

REMEDY = (
    "Run `python -m tests.shared.events.golden` and commit the file. It refuses a change that "
    "somebody couldn't read: that needs a new event type, not a new file."
)
SIGNALS = [declared.signal for declared in golden.declared_signals()]


@pytest.fixture(params=SIGNALS, ids=lambda signal: signal.event_type)
def signal(request):
    """Each signal that is defined here."""
    return request.param


def test_signals_are_found():
    """The other tests of this module have something to test."""
    assert COURSE_GRADE_CHANGED in SIGNALS


def test_golden_schema_is_the_generated_one(signal):
    """What is published is what the golden file says."""
    path = golden.path_for(signal)
    assert path.exists(), f"{signal.event_type} has no golden schema. {REMEDY}"
    assert json.loads(path.read_text()) == golden.generated_schema(signal), REMEDY


def test_golden_schema_and_generated_one_read_each_other(signal):
    """A consumer of either version reads the other's events."""
    before = json.loads(golden.path_for(signal).read_text())
    assert incompatibilities(before, golden.generated_schema(signal)) == []


def test_every_golden_schema_belongs_to_a_signal():
    """An event doesn't vanish unnoticed."""
    expected = {golden.path_for(signal) for signal in SIGNALS}
    assert set(golden.SCHEMAS.iterdir()) == expected


@pytest.mark.parametrize("change", BREAKING.values(), ids=BREAKING)
def test_breaking_change_is_found(change):
    """A change that either side can't read is told, whichever side that is."""
    assert incompatibilities(*mutated(change))


@pytest.mark.parametrize("change", READABLE.values(), ids=READABLE)
def test_readable_change_is_allowed(change):
    """A change that both sides can read needs no new event type."""
    assert incompatibilities(*mutated(change)) == []


def test_renamed_nullable_field_is_lost_in_silence():
    """No rule refuses it, for each side can read the other's events; neither reads the value."""
    old, new = mutated(READABLE["nullable field renamed"])
    grade = data_of(COURSE_GRADE_CHANGED, deadline=datetime(2026, 1, 1, tzinfo=UTC))
    record = AvroSignalSerializer(COURSE_GRADE_CHANGED).to_dict(grade)
    assert record["grade"]["deadline"]
    encoded = io.BytesIO()
    fastavro.schemaless_writer(encoded, old, record)
    encoded.seek(0)
    read: Any = fastavro.schemaless_reader(encoded, old, new)
    assert read["grade"]["ends_at"] is None
    assert "deadline" not in read["grade"]


def test_missing_golden_schema_is_written(tmp_path):
    """The documented command writes the golden schema of a new signal."""
    assert golden.update(tmp_path) == []
    written = golden.path_for(COURSE_GRADE_CHANGED, tmp_path)
    assert json.loads(written.read_text()) == golden.generated_schema(COURSE_GRADE_CHANGED)


def test_breaking_change_is_not_written(tmp_path):
    """The documented command doesn't make a breaking change look right."""
    _, published = mutated(lambda s: field(s, "user_id").update(type="string"))
    path = golden.path_for(COURSE_GRADE_CHANGED, tmp_path)
    path.write_text(json.dumps(published))
    assert any(path.name in refusal for refusal in golden.update(tmp_path))
    assert json.loads(path.read_text()) == published
