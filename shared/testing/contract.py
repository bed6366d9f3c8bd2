"""The contract of every consumer as a class; a squad's test gives it a sample and nothing more.

    class TestEnrollments(ConsumerContract):
        sample = ENROLLMENTS

It needs pytest-django. Each test says what is promised, and fails with what the consumer did.
"""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import ClassVar

import pytest
from django.db import transaction

from shared.event_schemas import fields_of
from shared.messages import Message
from shared.models import DeadLetter, ParkedEvent
from shared.outcomes import Outcome
from shared.testing.avro import holds, put, schema_field
from shared.testing.bus import InMemoryBus
from shared.testing.garbage import Garbage
from shared.testing.sample import Sample
from shared.testing.trial import NOTHING_NEW, ROWS, Trial, changed, why

APPLIED, UNCHANGED, STALE = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE
DEAD, FILTERED, PARKED = Outcome.DEAD, Outcome.FILTERED, Outcome.PARKED

_STREAM, _STATES = 24, 4
_BATCH_SIZES = (1, 3, 7, _STREAM)
_POISON = {
    "no value": None,
    "bytes that are no event": b"garbage",
    "an unknown schema": b"\0\0\x0f\x42\x3f\0",
}


class ConsumerContract:
    """What every consumer promises, tried with the events of one sample."""

    pytestmark: ClassVar = [pytest.mark.django_db]
    sample: ClassVar[Sample]

    def __init_subclass__(cls) -> None:
        """Leave out what the sample's consumer doesn't promise."""
        if sample := getattr(cls, "sample", None):
            for name in _beside_the_point(sample):
                setattr(cls, name, None)

    @pytest.fixture
    def orphan(self) -> Trial:
        """The sample on a bus in memory, and empty tables."""
        return Trial(self.sample, InMemoryBus())

    @pytest.fixture
    def trial(self, orphan: Trial, db: None) -> Trial:
        """The same; the rows that its rows refer to are there."""
        orphan.bring_parents()
        return orphan

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Repeat a test over the fields of the event."""
        if "garbage" in metafunc.fixturenames:
            metafunc.parametrize("garbage", self.sample.garbage(), ids=str)

    def test_event_becomes_a_row(self, trial: Trial) -> None:
        """One row, and it says what the event says: another event has it say something else."""
        (ending,) = trial.endings(trial.event())
        assert ending.outcome == APPLIED, why(ending)
        before = trial.facts()
        assert len(before) == 1, "the consumer writes another table than the sample's"
        if self.sample.has_states:
            assert trial.take(trial.event(state=1, minute=1)) == [APPLIED], NOTHING_NEW
            assert len(trial.facts()) == 1
            assert trial.facts() != before, NOTHING_NEW
        assert not any(model.objects.exists() for model in (DeadLetter, ParkedEvent))

    def test_rows_are_told_apart(self, trial: Trial) -> None:
        """Each number of the sample is a row of its own."""
        numbers = range(1, ROWS + 1)
        assert trial.take(*map(trial.event, numbers)) == [APPLIED] * ROWS
        assert len(trial.said()) == ROWS

    def test_replayed_events_change_nothing(self, trial: Trial) -> None:
        """What comes again leaves the rows as they are: not even ``modified`` moves."""
        messages = [trial.event(number) for number in range(1, ROWS + 1)]
        trial.take(*messages)
        before = trial.rows()
        trial.bus.rewind(self.sample.room)
        assert APPLIED not in trial.take()
        assert trial.rows() == before

    def test_same_fact_again_changes_nothing(self, trial: Trial) -> None:
        """An event with another id and a later time that tells nothing new: UNCHANGED."""
        trial.take(trial.event())
        before = trial.rows()
        assert trial.take(trial.event(minute=1)) == [UNCHANGED], changed(before, trial.rows())
        assert trial.rows() == before, changed(before, trial.rows())

    def test_older_event_is_ignored(self, trial: Trial) -> None:
        """In the same batch as the newer one, and in a later one."""
        older, newer = trial.event(state=1), trial.event(minute=1)
        assert trial.take(newer, older) == [APPLIED, STALE]
        before = trial.rows()
        assert trial.take(older) == [STALE]
        assert trial.rows() == before

    def test_older_than_what_was_only_repeated_is_ignored(self, trial: Trial) -> None:
        """An event between two that say the same never wins, though the last changed nothing."""
        for message in (trial.event(), trial.event(minute=2)):
            trial.take(message)
        before = trial.rows()
        assert trial.take(trial.event(state=1, minute=1)) == [STALE]
        assert trial.rows() == before

    def test_same_time_follows_the_place(self, trial: Trial) -> None:
        """Of two events of one time the same one wins in whatever order they come."""
        for partition in (0, 1):
            pair = [trial.event(), trial.event(state=1, partition=partition)]
            assert trial.said_after(pair) == trial.said_after(pair[::-1])

    @pytest.mark.parametrize("seed", range(2))
    def test_any_order_and_any_batches_end_in_the_same_rows(self, trial: Trial, seed: int) -> None:
        """Shuffled, doubled and cut anywhere, a stream ends as its newest events alone do."""
        dice = Random(seed)  # nosec B311 # an order of arrival, no secret
        newest: dict[int, Message] = {}
        stream = self._stream(trial, dice)
        for number, message in sorted(stream, key=lambda each: trial.bus.decode(each[1]).position):
            newest[number] = message
        expected = trial.said_after(list(newest.values()))
        for batch_size in _BATCH_SIZES:
            arriving = [message for _, message in stream + dice.sample(stream, 4)]
            dice.shuffle(arriving)
            assert trial.said_after(arriving, batch_size=batch_size) == expected

    @pytest.mark.parametrize("value", _POISON.values(), ids=_POISON)
    def test_poison_is_isolated_and_kept(self, trial: Trial, value: bytes | None) -> None:
        """It is a dead letter, whole; the events beside it don't notice."""
        message = replace(trial.event(), value=value)
        assert self._outcome_between(trial, message) == DEAD
        assert DeadLetter.objects.get().message == message
        assert len(trial.said()) == 2

    def test_garbage_is_taken_or_named(self, trial: Trial, garbage: Garbage) -> None:
        """A value that can't be stored is a dead letter naming its field: none is swallowed."""
        message = trial.garbled(garbage)
        outcome = self._outcome_between(trial, message)
        if outcome == DEAD:
            letter = DeadLetter.objects.get()
            assert letter.message == message
            assert garbage.breaks_schema or garbage.is_named(letter.error), letter.error
            assert len(trial.said()) == 2
        elif outcome == FILTERED:
            assert not trial.accepts(message), "an event that the consumer wants was swallowed"
        else:
            assert outcome in (APPLIED, UNCHANGED, PARKED)
            assert trial.misfits() == [], "not every database would have taken this"

    def test_what_is_not_wanted_leaves_no_trace(self, trial: Trial) -> None:
        """Neither a row nor a dead letter."""
        messages = [trial.saying(data) for data in self.sample.unwanted]
        assert trial.take(*messages) == [FILTERED] * len(messages)
        assert trial.rows() == []
        assert not any(model.objects.exists() for model in (DeadLetter, ParkedEvent))

    def test_writer_with_the_golden_schema(self, trial: Trial) -> None:
        """Its events become the same rows: what is on the topic already stays readable."""
        schema = trial.schema()
        if self.sample.golden:
            schema = json.loads(self.sample.golden.read_text())
        expected = trial.said_after([event := trial.event()])
        again = replace(trial.written_with(schema, self.sample.record()), offset=event.offset)
        assert trial.said_after([again]) == expected

    def test_writer_with_a_field_more(self, trial: Trial) -> None:
        """An event of a newer service, which says what this one doesn't know yet."""
        schema, record = trial.schema(), self.sample.record()
        path = next(field.path for field in fields_of(schema) if holds(record, field.path))
        fields, _ = schema_field(schema, path)
        fields.append({"name": "of_a_newer_version", "type": "string", "default": ""})
        put(record, ".".join([*path.split(".")[:-1], "of_a_newer_version"]), "x")
        expected = trial.said_after([event := trial.event()])
        newer = replace(trial.written_with(schema, record), offset=event.offset)
        assert trial.said_after([newer]) == expected

    def test_writer_with_a_field_less(self, trial: Trial) -> None:
        """An event of an older service: what it can't know is none, or the event is kept whole."""
        for field in fields_of(trial.schema()):
            schema = trial.schema()
            fields, place = schema_field(schema, field.path)
            del fields[place]
            message = trial.written_with(schema, self.sample.record())
            with transaction.atomic():
                outcome = self._outcome_between(trial, message)
                letters = list(DeadLetter.objects.all())
                transaction.set_rollback(True)
            expected = (APPLIED, FILTERED, DEAD) if field.nullable else (DEAD,)
            assert outcome in expected, field.path
            names_it = f"{field.path}: " if field.nullable else ""
            for letter in letters:
                assert letter.message == message
                assert letter.error.startswith(names_it), letter.error

    def test_child_waits_for_its_parent(self, orphan: Trial) -> None:
        """It loses nothing, and is taken by itself when the parent has come."""
        assert orphan.take(orphan.event()) == [PARKED]
        assert orphan.rows() == []
        orphan.bring_parents()
        assert len(orphan.rows()) == 1
        assert not any(model.objects.exists() for model in (DeadLetter, ParkedEvent))

    def _stream(self, trial: Trial, dice: Random) -> list[tuple[int, Message]]:
        """Return events about the rows, in any state and some of them at the same time."""
        states = _STATES if self.sample.has_states else 1
        return [
            (
                number := dice.randint(1, ROWS),
                trial.event(
                    number,
                    dice.randrange(states),
                    minute=dice.randrange(_STREAM // 3),
                    partition=dice.randrange(2),
                ),
            )
            for _ in range(_STREAM)
        ]

    def _outcome_between(self, trial: Trial, message: Message) -> Outcome:
        """Settle a message between two good ones, check these, and return how it ended."""
        first, outcome, last = trial.take(trial.event(2), message, trial.event(3))
        assert (first, last) == (APPLIED, APPLIED)
        return outcome


def _beside_the_point(sample: Sample) -> list[str]:
    """Return the tests of the contract that a sample leaves nothing to."""
    has = {
        "test_child_waits_for_its_parent": sample.parent,
        "test_what_is_not_wanted_leaves_no_trace": sample.unwanted,
        "test_same_time_follows_the_place": sample.has_states,
        "test_same_fact_again_changes_nothing": not sample.creates_only,
        "test_older_event_is_ignored": not sample.creates_only,
        "test_older_than_what_was_only_repeated_is_ignored": not sample.creates_only,
    }
    return [name for name, what in has.items() if not what]
