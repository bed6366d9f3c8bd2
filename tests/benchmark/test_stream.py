"""Every contestant gets the same events, in the form that the stock producer gives them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from confluent_kafka.serialization import MessageField, SerializationContext
from edx_event_bus_kafka.internal.config import get_schema_registry_client
from edx_event_bus_kafka.internal.producer import get_serializers
from opaque_keys.edx.keys import CourseKey

from shared.embedded import EmbeddedRegistry
from shared.events.learning.data import CourseGradeData
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from tests.benchmark.stream import COURSE, TOPIC, WARM, Encoder, Stream, warm_up
from tests.benchmark.table import digest, expected_of


@pytest.fixture
def registry(settings):
    """A registry that the serializers register their schemas in."""
    with EmbeddedRegistry() as registry:
        settings.EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL = registry.url
        settings.EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS = "127.0.0.1:1"
        get_schema_registry_client.cache_clear()
        get_serializers.cache_clear()
        with get_schema_registry_client():
            yield
        get_schema_registry_client.cache_clear()
        get_serializers.cache_clear()


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("number", [0, 63, 64, 700])
def test_bytes_are_the_stock_producers(number):
    """Key and value, though they are made by another way."""
    grade = Stream.halved(1000).grade(number)
    key, value = get_serializers(COURSE_GRADE_CHANGED, "grade.user_id")
    said = CourseGradeData(
        user_id=grade.learner,
        username=grade.username,
        course_key=CourseKey.from_string(COURSE),
        percent_grade=grade.percent,
        letter_grade=grade.letter,
        passed=grade.passed,
        attempted=True,
        verified=True,
    )
    encoded = Encoder().encode(grade)
    assert encoded.key == key(grade.learner, SerializationContext(TOPIC, MessageField.KEY))
    context = SerializationContext(TOPIC, MessageField.VALUE)
    assert encoded.value == value({"grade": said}, context)


def test_half_are_first_grades():
    """The other half changes them: to the same grade again there would be nothing to write."""
    grades = list(Stream.halved(1000))
    assert set(Counter(grade.learner for grade in grades).values()) == {2}
    for first, second in zip(grades[:500], grades[500:], strict=True):
        assert first.learner == second.learner
        assert first.hundredths != second.hundredths
        assert first.time < second.time


@pytest.mark.parametrize("filled", [50, 5000, 70_000])
def test_filled_table(filled):
    """Half of the grades are of rows that are there, each once, the rest are first ones."""
    grades = list(Stream.halved(100, filled=filled))
    learners = [grade.learner for grade in grades]
    there = [learner for learner in learners if learner <= filled]
    assert len(there) == 50
    assert len(set(learners)) == 100
    assert max(there) > filled * 0.9


def test_warm_up_is_apart():
    """No learner of the warm-up is one of the stream's."""
    assert min(grade.learner for grade in warm_up(10)) >= WARM
    assert max(grade.learner for grade in Stream.halved(1000, filled=5_000_000)) < WARM


def test_last_grade_is_expected():
    """Of each learner, and a table that says anything else has another digest."""
    stream = Stream.halved(1000)
    rows = stream.rows()
    assert len(rows) == 500
    assert rows[1] == stream.grade(500).row
    in_order = [rows[learner] for learner in sorted(rows)]
    assert digest(in_order) == expected_of(stream)
    stale = [stream.grade(0).row, *in_order[1:]]
    assert digest(stale) != expected_of(stream)
    assert digest(in_order[1:]) != expected_of(stream)
    later = replace(stream, count=999)
    assert expected_of(later) != expected_of(stream)
