"""The contract finds each consumer that breaks one of its promises."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from inspect import signature
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from openedx_events.event_bus.avro.deserializer import deserialize_bytes_to_event_data
from openedx_events.event_bus.avro.schema import schema_from_signal
from openedx_events.event_bus.avro.serializer import serialize_event_data_to_bytes
from openedx_events.tooling import OpenEdxPublicSignal

from credentials_grades_sync.consumers import USER_GRADES
from credentials_grades_sync.mappers import from_grade_changed
from credentials_grades_sync.standalone.models import UserGrade
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.exceptions import UndecodableMessage
from shared.kafka.decoding import Decoder
from shared.models import DeadLetter
from shared.testing import ConsumerContract, InMemoryBus, Sample, registered
from shared.testing.factories import data_of
from shared.testing.trial import Trial
from tests.shared.testing import samples
from tests.shared.testing.naive import BECOMES, GARBAGE, NAIVE, ORPHAN, SAME_FACT, Naive
from tests.shared.testing.unsteady import UNSTEADY
from tests.testapp.checked import CHECKED_SHELVES
from tests.testapp.events import BOOK_CHANGED
from tests.testapp.room import ROOM

pytestmark = pytest.mark.django_db

PROMISES = sorted(name for name in dir(ConsumerContract) if name.startswith("test_"))
POISON = "test_poison_is_isolated_and_kept"
GOLDEN = "test_writer_with_the_golden_schema"
MORE = "test_writer_with_a_field_more"
LESS = "test_writer_with_a_field_less"
BROKEN = [
    pytest.param(naive, promise, id=f"{name}-{promise}")
    for name, (naive, promises) in (NAIVE | UNSTEADY).items()
    for promise in promises
]


def cases(sample: Sample, promise: Callable[..., Any]) -> list[dict[str, Any]]:
    """Return the values with which pytest repeats a test of the contract."""
    repeated = {mark.args[0]: list(mark.args[1]) for mark in getattr(promise, "pytestmark", ())}
    if "garbage" in signature(promise).parameters:
        repeated["garbage"] = sample.garbage()
    return [dict(zip(repeated, values, strict=True)) for values in product(*repeated.values())]


def run(sample: Sample, promise: str) -> None:
    """Run every case of one test of the contract, each on empty tables."""
    contract: Any = type("Contract", (ConsumerContract,), {"sample": sample})()
    test = getattr(contract, promise)
    for case in cases(sample, test):
        with transaction.atomic():
            trial = Trial(sample, InMemoryBus())
            if promise != ORPHAN:
                trial.bring_parents()
            known = {"orphan": trial, "trial": trial, **case}
            test(**{name: known[name] for name in signature(test).parameters})
            transaction.set_rollback(True)


def own_data_of(value: bytes, signal: OpenEdxPublicSignal) -> dict[str, Any]:
    """Return an event's data, read with our schema whatever its writer's was."""
    data: dict[str, Any] = deserialize_bytes_to_event_data(value[5:], signal)
    if serialize_event_data_to_bytes(data, signal) != value[5:]:
        raise UndecodableMessage("value: longer than its schema says")
    return data


@contextmanager
def installed(naive: Naive) -> Iterator[None]:
    """Let a naive consumer be the one of books."""
    with pytest.MonkeyPatch.context() as patch, registered(ROOM, CHECKED_SHELVES, naive.consumer):
        patch.setattr("tests.testapp.room.write_books", naive.write)
        yield


@pytest.mark.parametrize("promise", PROMISES)
def test_sound_consumer_keeps_it(promise):
    """What is found below is not found in what is sound."""
    with installed(Naive()):
        run(samples.BOOKS, promise)


@pytest.mark.parametrize(("naive", "promise"), BROKEN)
def test_naive_consumer_is_found(naive, promise):
    """By an assertion that fails, and not by something that happens to raise."""
    with installed(naive), pytest.raises(AssertionError):
        run(samples.BOOKS, promise)


@pytest.mark.parametrize(
    ("naive", "columns"),
    [
        pytest.param(UNSTEADY["says something else each time"][0], "price", id="a column"),
        pytest.param(NAIVE["touches rows that don't change"][0], "modified", id="modified"),
    ],
)
def test_columns_that_change_without_news_are_named(naive, columns):
    """And where such a value most often comes from."""
    message = rf"it changed {columns}; a column that is taken from the event's time.* observed\(\)"
    with installed(naive), pytest.raises(AssertionError, match=message):
        run(samples.BOOKS, SAME_FACT)


def test_every_promise_can_be_broken():
    """Those that no consumer can break alone are broken below."""
    broken = {promise for _, promises in NAIVE.values() for promise in promises}
    assert set(PROMISES) - broken == {POISON, GOLDEN, MORE, LESS}


def test_lost_dead_letter_is_found(monkeypatch):
    """Poison that isn't kept, as if the pipeline forgot it."""
    monkeypatch.setattr("shared.dead_letters.bury", lambda *_, **__: None)
    with installed(Naive()), pytest.raises(DeadLetter.DoesNotExist):
        run(samples.BOOKS, POISON)


def test_reader_that_goes_by_its_own_schema_is_found(monkeypatch):
    """As if the decoder didn't ask for the writer's."""
    monkeypatch.setattr(
        Decoder, "_decode_value", lambda _, value, signal: own_data_of(value, signal)
    )
    with installed(Naive()), pytest.raises(AssertionError):
        run(samples.SHELVES, MORE)


def test_golden_schema_that_nobody_can_read_any_more_is_found(tmp_path):
    """The code needs a field that is on no event of the topic."""
    schema = schema_from_signal(BOOK_CHANGED)
    del schema["fields"][0]["type"]["fields"][-1]
    golden = tmp_path / "golden.avsc"
    golden.write_text(json.dumps(schema))
    with installed(Naive()), pytest.raises(AssertionError):
        run(replace(samples.BOOKS, golden=golden), GOLDEN)


def with_deadline(data, metadata):
    """Map a grade that has a deadline; not every grade has."""
    record = from_grade_changed(data, metadata)
    return replace(record, graded_at=data["grade"].deadline.astimezone(UTC))


HASTY = replace(
    USER_GRADES,
    name="hasty-grades",
    routes=(replace(USER_GRADES.routes[0], to_record=with_deadline),),
)
GRADES = Sample(
    signal=COURSE_GRADE_CHANGED,
    data=lambda number, state: data_of(
        COURSE_GRADE_CHANGED,
        user_id=number,
        percent_grade=state / 10,
        deadline=datetime(2027, 1, 1, tzinfo=UTC),
    ),
    model=UserGrade,
    consumer="hasty-grades",
)


@pytest.mark.parametrize("promise", [LESS, GARBAGE])
def test_mapper_that_needs_what_not_every_event_has_is_found(settings, promise):
    """It says what happened to it, and not which field it missed."""
    write = settings.EVENT_SYNC["DESTINATIONS"]["user-grades"]
    destinations = settings.EVENT_SYNC["DESTINATIONS"] | {"hasty-grades": write}
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"DESTINATIONS": destinations}
    with registered("tests.hasty", HASTY):
        run(GRADES, BECOMES)
        with pytest.raises(AssertionError, match=r"AttributeError"):
            run(GRADES, promise)
