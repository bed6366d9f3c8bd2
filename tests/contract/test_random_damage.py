"""Valid messages, damaged at random: nothing escapes, and each has one ending."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.messages import Message
from shared.outcomes import Outcome
from tests.contract.bench import Bench
from tests.contract.catalogue import each_sample
from tests.contract.damage import Make
from tests.contract.fields import fields_of
from tests.contract.sample import Sample
from tests.wire import with_header

pytestmark = pytest.mark.django_db

TEXTS = (
    st.text(max_size=300)
    | st.sampled_from(["edX/Other/1", "library-v1:edX+Other", "deleted", "0" * 32, "x@example.com"])
    | st.datetimes().map(datetime.isoformat)
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "long": st.integers(-(2**63), 2**63 - 1),
    "string": TEXTS,
    "double": st.floats(),
    "boolean": st.booleans(),
}


def records(sample: Sample) -> st.SearchStrategy[dict[str, Any]]:
    """Draw values for some fields of an event's record."""
    return st.fixed_dictionaries(
        {},
        optional={
            field.path: VALUES[field.type] | st.none() if field.nullable else VALUES[field.type]
            for field in fields_of(sample.signal)
        },
    )


def flip(data: bytes, place: int, new: bytes) -> bytes:
    """Change one byte."""
    return data[:place] + new[:1] + data[place + 1 :]


def cut(data: bytes, place: int, new: bytes) -> bytes:
    """Take the end off."""
    return data[:place]


def extend(data: bytes, place: int, new: bytes) -> bytes:
    """Put bytes in between or after."""
    return data[:place] + new + data[place:]


CHANGES = st.tuples(
    st.sampled_from([flip, cut, extend]), st.integers(0, 250), st.binary(min_size=1, max_size=20)
)
TIMES = [
    b"2026-03-04T05:06:07",
    b"2025-03-04T05:06:07-11:30",
    b"2027-03-04T05:06:07+00:00",
    b"0001-01-01T00:00:00+00:00",
    b"9999-12-31T23:59:59-23:59",
]
HEADERS = st.tuples(
    st.sampled_from(
        ["ce_type", "ce_id", "ce_time", "ce_source", "ce_minorversion", "sourcehost", "sourcelib"]
    ),
    st.lists(st.none() | st.binary(max_size=40) | st.sampled_from(TIMES), max_size=2),
)


@st.composite
def damages(draw: st.DrawFn, sample: Sample) -> Make:
    """Draw what is done to a valid message: to its record, then to its bytes and headers."""
    edits = draw(records(sample))
    changes = draw(st.lists(CHANGES, max_size=2))
    headers = draw(st.lists(HEADERS, max_size=2))

    def make(bench: Bench) -> Message:
        message = bench.event(edits=edits)
        value = message.value or b""
        for change, place, new in changes:
            value = change(value, place, new)
        message = replace(message, value=value)
        for name, values in headers:
            message = with_header(message, name, *values)
        return message

    return make


@each_sample
@settings(
    derandomize=True,
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_damage_stops_the_worker_or_touches_a_neighbour(bench, sample, data):
    """Whatever becomes of valid messages, nothing is raised and each has exactly one ending."""
    makes = data.draw(st.lists(damages(sample), min_size=1, max_size=5))
    messages = [*(make(bench) for make in makes), bench.event(3)]
    with transaction.atomic():
        result = bench.wire.take(sample.room, messages)
        transaction.set_rollback(True)
    assert [ending.message for ending in result.endings] == messages
    assert result.endings[-1].outcome is Outcome.APPLIED
