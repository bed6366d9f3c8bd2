"""Metadata from and to headers: as upstream reads them, and stricter where a promise needs it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from socket import gethostname
from uuid import UUID

import attrs
import pytest
from edx_event_bus_kafka.internal.utils import (
    _get_headers_from_metadata,
    _get_metadata_from_headers,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from openedx_events.data import EventsMetadata

from shared.cloudevents import event_type_of, headers_of, metadata_of
from shared.exceptions import UndecodableMessage

METADATA = EventsMetadata(
    event_type="org.openedx.tests.event.changed.v1",
    id=UUID("6e4a2c10-0000-11f1-8000-000000000000"),
    minorversion=3,
    source="openedx/lms/web",
    sourcehost="lms-1",
    time=datetime(2026, 3, 4, 5, 6, 7, 891011, tzinfo=UTC),
    sourcelib=(10, 5, 0),
)
HEADERS = tuple(_get_headers_from_metadata(METADATA).items())
REQUIRED = ["ce_type", "ce_id", "ce_time"]
OPTIONAL = ["ce_source", "ce_minorversion", "sourcehost", "sourcelib"]


def changed(name, *values):
    """Return the headers with these values of one of them."""
    return (*(h for h in HEADERS if h[0] != name), *((name, value) for value in values))


def test_stock_headers_are_read_as_upstream_reads_them():
    """The stock producer's headers give the metadata that it was given."""
    assert metadata_of(HEADERS) == METADATA == _get_metadata_from_headers(list(HEADERS))


def test_our_headers_are_read_back():
    """What is stored of an event without a broker is its metadata, whole."""
    assert metadata_of(headers_of(METADATA)) == METADATA


def test_upstream_reads_our_headers():
    """They are upstream's headers, less those that say nothing of the event."""
    assert _get_metadata_from_headers(list(headers_of(METADATA))) == METADATA


def test_event_type_is_read_alone():
    """The type is known before the other headers are looked at."""
    assert event_type_of((("ce_type", b"a.b.c"), ("ce_time", b"\xff"))) == "a.b.c"


@pytest.mark.parametrize("name", REQUIRED)
def test_required_header_is_needed_once(name):
    """None, two, a null and an empty one are named."""
    (value,) = (value for key, value in HEADERS if key == name)
    for values, problem in [
        ((), "found 0 times, needed once"),
        ((value, value), "found 2 times, needed once"),
        ((None,), "is empty"),
        ((b"",), "is empty"),
        ((b"\xff",), "not UTF-8"),
    ]:
        with pytest.raises(UndecodableMessage) as raised:
            metadata_of(changed(name, *values))
        assert str(raised.value) == f"header {name}: {problem}"


@pytest.mark.parametrize("name", OPTIONAL)
def test_optional_header_may_be_missing(name):
    """Upstream's default takes its place."""
    assert metadata_of(changed(name)).id == METADATA.id


@pytest.mark.parametrize("name", OPTIONAL)
def test_optional_header_may_not_be_doubled(name):
    """Which of two counts would be a guess."""
    with pytest.raises(UndecodableMessage, match=f"^header {name}: found 2 times"):
        metadata_of(changed(name, b"1", b"1"))


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("ce_id", b"4711", "not a UUID"),
        ("ce_id", b"g" * 32, "not a UUID"),
        ("ce_minorversion", b"1.0", "not a whole number"),
        ("ce_minorversion", b"9" * 5000, "not a whole number"),
        ("sourcelib", b"10.x", "not a version"),
        ("sourcelib", b"", "not a version"),
        ("ce_time", b"1772600767", "not an ISO 8601 time"),
        ("ce_time", b"2026-03-04 05:06:07 UTC", "not an ISO 8601 time"),
        ("ce_time", b"2026-02-29T00:00:00Z", "not an ISO 8601 time"),
        ("ce_time", b"10000-01-01T00:00:00Z", "not an ISO 8601 time"),
        ("ce_time", b"0001-01-01T00:00:00+00:01", "not an ISO 8601 time"),
        ("ce_time", b"9999-12-31T23:59:59-00:01", "not an ISO 8601 time"),
        ("ce_time", b"2026-03-04", "has no time zone"),
        ("ce_time", b"2026-03-04T05:06:07", "has no time zone"),
    ],
)
def test_garbled_header_is_named(name, value, problem):
    """The error says which header and what is wrong, and not what it holds."""
    with pytest.raises(UndecodableMessage) as raised:
        metadata_of(changed(name, value))
    assert str(raised.value) == f"header {name}: {problem}"


@pytest.mark.parametrize(
    "text",
    [
        b"2026-03-04T05:06:07.891011+00:00",
        b"2026-03-04T05:06:07.891011Z",
        b"2026-03-04T10:36:07.891011+05:30",
        b"2026-03-03T19:06:07.891011-10:00",
    ],
)
def test_time_of_any_zone_becomes_utc(text):
    """One moment is one time, whatever the zone it was written in."""
    time = metadata_of(changed("ce_time", text)).time
    assert time == METADATA.time
    assert time.tzinfo is UTC


@pytest.mark.parametrize("year", [1, 1970, 9999])
def test_any_year_is_a_time(year):
    """Whether a time is too far ahead is for the pipeline to say."""
    time = datetime(year, 6, 1, tzinfo=UTC)
    assert metadata_of(changed("ce_time", time.isoformat().encode())).time == time


def test_missing_header_is_not_an_empty_one():
    """Upstream's default takes the place of a host that isn't told, not of one without a name."""
    missing, empty = metadata_of(changed("sourcehost")), metadata_of(changed("sourcehost", None))
    assert (missing.sourcehost, empty.sourcehost) == (gethostname(), "")


def test_events_of_one_producer_keep_what_is_their_own():
    """Two that differ in id and time alone are whole, valid, and not each other."""
    other = attrs.evolve(METADATA, id=UUID(int=1), time=METADATA.time + timedelta(days=1))
    first, second = metadata_of(HEADERS), metadata_of(headers_of(other))
    assert (first, second) == (METADATA, other)
    assert (repr(first), hash(second)) == (repr(METADATA), hash(other))
    attrs.validate(second)


@pytest.mark.parametrize("name", [*REQUIRED, *OPTIONAL])
def test_each_header_tells_metadata_apart(name):
    """What was read of a producer's events before is not taken for another's."""
    others = {
        "ce_type": b"org.openedx.tests.other.v1",
        "ce_id": b"89e93b2c-86b7-4a5b-9d3c-0f4d1d2c7a11",
        "ce_time": b"2026-01-01T00:00:00Z",
    }
    before = metadata_of(HEADERS)
    assert metadata_of(changed(name, others.get(name, b"9"))) != before


def test_headers_that_nobody_reads_may_hold_anything():
    """Tracing and the like are none of our business."""
    assert metadata_of((*HEADERS, ("traceparent", b"\xff"), ("traceparent", None))) == METADATA


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*REQUIRED, *OPTIONAL]),
            st.none() | st.binary(max_size=40) | st.text(max_size=20).map(str.encode),
        ),
        max_size=5,
    )
)
def test_no_header_raises_anything_else(replaced):
    """Whatever the headers hold, they are read or refused."""
    headers = tuple(h for h in HEADERS if h[0] not in dict(replaced)) + tuple(replaced)
    with suppress(UndecodableMessage):
        metadata_of(headers)
