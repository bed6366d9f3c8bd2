"""Whoever an event names can be retired: run inside a project, for each of its rooms.

A copy of it is the project's ``test_retiring.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from shared import registry
from shared.learners import Identity, Learner, LearnerField
from shared.models import DeadLetter, ParkedEvent
from shared.outcomes import Outcome
from shared.testing import InMemoryBus, Sample


def sample_of(room_name: str) -> Sample:
    """Return the sample of a generated room."""
    module = import_module(f"{room_name}.tests.samples")
    (sample,) = (each for each in vars(module).values() if isinstance(each, Sample))
    return sample


def named() -> Iterator[Any]:
    """Yield each room that has a learner, with each name that its events have."""
    for room in registry.rooms():
        (consumer,) = room.consumers
        for field in consumer.learner.fields if consumer.learner else ():
            yield pytest.param(room.name, consumer.learner, field, id=f"{room.name}-{field.path}")


def retire(field: LearnerField, name: object) -> None:
    """Retire whoever has this name, by this name alone."""
    option = f"--{field.identity.replace('_', '-')}"
    call_command("retire_learners", option, str(name), "--apply", stdout=StringIO())


def value_at(data: Any, path: str) -> object:
    """Return what an event says at a path."""
    first, *others = path.split(".")
    value = data[first]
    for name in others:
        value = getattr(value, name)
    return value


def texts_naming(sample: Sample, learner: Learner) -> set[str]:
    """Return the usernames and emails in the sample's events."""
    fields = [each for each in learner.fields if each.identity is not Identity.LMS_USER_ID]
    return {str(value_at(sample.data(1, 0), field.path)) for field in fields}


def check_names_nobody(sample: Sample, learner: Learner) -> None:
    """Check that what the rows say is what the consumer declares of rows that name nobody."""
    rows = sample.all_rows()
    for row in rows:
        assert {name: row[name] for name in learner.blanks} == learner.blanks
    assert not [text for text in texts_naming(sample, learner) if text in repr(rows)]


def forget_rows(sample: Sample) -> None:
    """Empty the table, as before a rebuild."""
    assert sample.model
    sample.model._default_manager.all().delete()


@pytest.mark.django_db
@pytest.mark.parametrize(("room_name", "learner", "field"), list(named()))
def test_nothing_comes_back(
    event_bus: InMemoryBus, room_name: str, learner: Learner, field: LearnerField
) -> None:
    """A row forgets whom it names, and no event makes it remember: a later one, or the same."""
    sample = sample_of(room_name)
    event_bus.publish(sample.signal, **sample.data(1, 0))
    event_bus.run(sample.room)
    retire(field, value_at(sample.data(1, 0), field.path))
    if field.column:
        assert len(sample.all_rows()) == 1
        check_names_nobody(sample, learner)
    event_bus.publish(sample.signal, **sample.data(1, 1))
    later = [ending.outcome for ending in event_bus.run(sample.room).endings]
    assert later == [Outcome.APPLIED if learner.without else Outcome.FILTERED]
    forget_rows(sample)
    event_bus.rewind(sample.room)
    event_bus.run(sample.room)
    check_names_nobody(sample, learner)
    assert len(sample.all_rows()) == (1 if learner.without else 0)
    assert not any(model.objects.exists() for model in (DeadLetter, ParkedEvent))
