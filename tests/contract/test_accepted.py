"""What looks odd and is sound is taken; what isn't wanted is not looked into."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.models import DeadLetter, ParkedEvent
from shared.outcomes import Outcome
from shared.testing.avro import Fields
from tests.contract.catalogue import SAMPLES, each_changing, each_sample
from tests.contract.damage import Make, header, needed_field, retype, written_with
from tests.contract.fields import fields_of
from tests.wire import NOW, with_header

pytestmark = pytest.mark.django_db


def newer(bench):
    """Make an event of a newer writer, whose schema has a field that isn't ours."""
    path = needed_field(bench)

    def add(fields: Fields, place: int) -> None:
        fields.append({"name": "colour", "type": "string"})

    beside = ".".join([*path.split(".")[:-1], "colour"])
    return written_with(bench, path, add, {beside: "blue"})


# Each with the reason why it is taken.
ACCEPTED: dict[str, Make] = {
    "a time within the clock skew": lambda bench: bench.event(time=NOW + timedelta(seconds=299)),
    "a time long ago is older than everything": lambda bench: bench.event(
        time=datetime(1970, 1, 1, tzinfo=UTC)
    ),
    "year 1 is a time, too": header("ce_time", b"0001-01-01T00:00:00+00:00"),
    "a header that nobody reads": header("x-trace", b"\xff\xfe"),
    "no ce_source: upstream has a default": header("ce_source"),
    "no ce_minorversion: upstream has a default": header("ce_minorversion"),
    "no key: the broker's partition is what counts": lambda bench: replace(bench.event(), key=None),
    "a garbled key: nobody reads it": lambda bench: replace(bench.event(), key=b"\xff\x00\xff"),
    "a newer writer's field, which isn't ours": newer,
}
ODD = [
    pytest.param(sample, odd, id=f"{sample}-{name}")
    for sample in SAMPLES
    for name, odd in sample.odd.items()
]
UNREAD = [
    pytest.param(sample, path, id=f"{sample}-{path}")
    for sample in SAMPLES
    for path in sorted(sample.unread)
]
FIELDS = [(sample, field) for sample in SAMPLES for field in fields_of(sample.signal)]
OPTIONAL = [
    pytest.param(sample, field.path, id=f"{sample}-{field.path}")
    for sample, field in FIELDS
    if field.nullable
]
NUMBERS = [
    pytest.param(sample, field.path, id=f"{sample}-{field.path}")
    for sample, field in FIELDS
    if field.type == "long" and not field.nullable
]
IGNORED: dict[str, Make] = {
    "a type that nobody knows": header("ce_type", b"org.openedx.\0.v9"),
    "a type that the room doesn't consume": header(
        "ce_type", b"org.openedx.learning.student.registration.completed.v1"
    ),
    "an ignored type's other headers and bytes": lambda bench: replace(
        with_header(header("ce_type", b"org.openedx.x.v1")(bench), "ce_time"), value=None
    ),
}
UNWANTED = [
    pytest.param(sample, edits, id=f"{sample}-{name}")
    for sample in SAMPLES
    for name, edits in sample.unwanted.items()
]


def apply_between(bench, message):
    """Let a message become a row between its neighbours, and return the row."""
    assert bench.take_between(message).outcome is Outcome.APPLIED
    assert not DeadLetter.objects.exists()
    return bench.row_between()


@each_sample
@pytest.mark.parametrize("make", ACCEPTED.values(), ids=ACCEPTED)
def test_what_looks_odd_and_is_sound_is_accepted(bench, sample, make):
    """It becomes a row like any other."""
    row = apply_between(bench, make(bench))
    assert sample.row().items() <= row.items()


@pytest.mark.parametrize(("sample", "odd"), ODD)
def test_odd_value_is_taken_for_what_it_means(bench, sample, odd):
    """The row says what the samples say."""
    row = apply_between(bench, bench.event(edits=odd.edits))
    assert odd.says.items() <= row.items()


@pytest.mark.parametrize(("sample", "path"), UNREAD)
@pytest.mark.parametrize("text", ["", "\0", "x" * 10_000], ids=["empty", "NUL", "long"])
def test_text_that_nobody_reads_may_be_anything(bench, sample, path, text):
    """It keeps nothing from becoming a row."""
    row = apply_between(bench, bench.event(edits={path: text}))
    assert sample.row().items() <= row.items()


@pytest.mark.parametrize(("sample", "path"), OPTIONAL)
def test_older_writer_without_an_optional_field(bench, sample, path):
    """The field is as one that is null."""
    without = written_with(bench, path, list.pop)
    null = bench.event(edits={path: None})
    assert bench.wire.decoder.decode(without).data == bench.wire.decoder.decode(null).data
    apply_between(bench, without)


@pytest.mark.parametrize(("sample", "path"), NUMBERS)
def test_writer_whose_numbers_are_narrower(bench, sample, path):
    """Avro widens them."""
    row = apply_between(bench, written_with(bench, path, retype("int")))
    assert sample.row().items() <= row.items()


@each_sample
@pytest.mark.parametrize("make", IGNORED.values(), ids=IGNORED)
def test_event_that_the_room_does_not_consume_is_ignored(bench, sample, make):
    """It ends without a dead letter, whatever it holds."""
    assert bench.take_between(make(bench)).outcome is Outcome.IGNORED
    assert not DeadLetter.objects.exists()


@pytest.mark.parametrize(("sample", "edits"), UNWANTED)
def test_what_is_not_wanted_is_not_looked_into(bench, sample, edits):
    """It leaves no trace, whatever it holds."""
    ending = bench.take_between(bench.event(edits=edits))
    assert ending.outcome is Outcome.FILTERED
    assert len(sample.rows()) == 2
    assert not DeadLetter.objects.exists()
    assert not ParkedEvent.objects.exists()


@each_changing
@pytest.mark.parametrize(
    "text", ["2026-03-04T10:36:07+05:30", "2026-03-04T05:06:07Z", "20260304T050607Z"]
)
def test_time_of_another_zone_is_converted(bench, sample, text):
    """The same moment is the same moment in any zone and notation."""
    bench.take(header("ce_time", text.encode())(bench))
    assert bench.row()["position"].time == NOW
